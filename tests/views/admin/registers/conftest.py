"""A date of yesterday with an instructor who is signed in, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import ScheduleDayInstructor
from backoffice.services import passwords, registers
from backoffice.services.registers import Row
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN
from tests.services.registers.world import Taught, book, teach
from tests.web_client import PASSWORD, Visitor, signed_in


@dataclass(frozen=True)
class Room:
    """A date, its instructor's browser, and a look at the register behind it."""

    app: Flask
    provider: Provider
    schedule_id: UUID
    instructor: Visitor

    @property
    def url(self) -> str:
        return f"/admin/registers/{self.schedule_id}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield
            db.session.remove()

    def rows(self) -> dict[str, Row]:
        with self.inside():
            return {row.name: row for row in registers.get_register(self.schedule_id, ADMIN).rows}

    def person(self, role: str) -> Visitor:
        return signed_in(self.app, self.provider, role)


def open_room(app: Flask, provider: Provider, *names: str, **values: Any) -> Room:
    """A date taught yesterday, unless told otherwise, with a booking for each name."""
    with app.app_context(), tenant_scope(provider.id):
        hashed = passwords.hash_password(PASSWORD)
        user = factories.make_user("instructor", password_hash=hashed, first_name="Tess", last_name="Teacher")
        if minimum_age := values.pop("minimum_age", None):
            values["course"] = factories.make_course(minimum_age=minimum_age)
        taught: Taught = teach(**values)
        person = factories.make_instructor(user_id=user.id)
        for day in taught.schedule.days:
            factories.add(
                ScheduleDayInstructor(schedule_day_id=day.id, instructor_id=person.id, duty="assistant")
            )
        for name in names:
            book(taught, name)
        email, schedule_id = str(user.email), taught.schedule_id
        db.session.remove()
    visitor = Visitor(app, provider.host)
    assert visitor.sign_in(email).status_code == 303
    return Room(app, provider, schedule_id, visitor)


@pytest.fixture
def room(app: Flask, provider: Provider) -> Room:
    return open_room(app, provider, "Zoe Young", "Adam Cole")
