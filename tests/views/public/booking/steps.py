"""Short ways through the booking pages: the form as a browser sends it, and what the house has afterwards."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.models import Booking, Schedule
from backoffice.services import bookings
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.web_client import Visitor

NINA = {"first_name": "Nina", "last_name": "New", "email": "nina@mail.example", "phone": "07700 900123"}
TEXT = re.compile(r'name="text" value="([^"]+)"')
BOOKING = re.compile(r'name="booking" value="([^"]+)"')


def filled(places: int = 1, **more: Any) -> dict[str, Any]:
    """The form of Nina, who comes herself; everybody else's name follows."""
    return {**NINA, "places": places, "people": places, "attends": "1", **more}


class Booker:
    """A visitor of one date's booking pages."""

    def __init__(
        self, app: Flask, provider: factories.Provider, schedule_id: UUID, address: str = "192.0.2.7"
    ) -> None:
        self.app, self.provider = app, provider
        self.path = f"/book/{schedule_id}"
        self.visitor = Visitor(app, provider.host, address)

    def look(self, page: str = "", **query: Any) -> TestResponse:
        return self.visitor.get(self.path + page, query_string=query)

    def send(self, page: str = "", form: dict[str, Any] | None = None) -> TestResponse:
        self.visitor.kept_token()
        data = {"csrf_token": self.visitor.kept_token(), **(form or {})}
        return self.visitor.open(self.path + page, method="POST", data=data)

    def hold(self, places: int = 1, **more: Any) -> TestResponse:
        return self.send("", filled(places, **more))

    def accept(self) -> TestResponse:
        page = self.look("/terms").get_data(as_text=True)
        return self.send("/terms", {"booking": BOOKING.findall(page)[0], "text": TEXT.findall(page)})

    def book(self, places: int = 1, **more: Any) -> TestResponse:
        held = self.hold(places, **more)
        assert held.status_code == 303, held.get_data(as_text=True)
        return self.accept()


def make_date(app: Flask, provider: factories.Provider, **values: Any) -> UUID:
    """A published date; `course` is what the course has besides."""
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(**values.pop("course", {}))
        schedule_id = factories.make_schedule(course=course, **values).id
        db.session.remove()
    return schedule_id


def rows(app: Flask, provider: factories.Provider, *columns: Any) -> list[tuple]:
    """Values of the provider's bookings, in the order in which they were made."""
    with app.app_context(), tenant_scope(provider.id):
        found = [
            tuple(row)
            for row in db.session.execute(select(*columns).select_from(Booking).order_by(Booking.id))
        ]
        db.session.remove()
    return found


def seats_taken(app: Flask, provider: factories.Provider, schedule_id: UUID) -> int:
    with app.app_context(), tenant_scope(provider.id):
        taken = db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == schedule_id)).one()
        db.session.remove()
    return taken


def sweep(app: Flask, provider: factories.Provider) -> None:
    """The job comes round."""
    with app.app_context(), tenant_scope(provider.id):
        for booking_id in list(db.session.scalars(select(Booking.id))):
            commit_once(partial(bookings.release_ended_hold, booking_id, SYSTEM))
        db.session.remove()
