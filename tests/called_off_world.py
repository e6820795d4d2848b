"""A date with bookings that was called off, as the tests of pages meet it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Course, Refund, Schedule, ScheduleChoice
from backoffice.services import called_off
from backoffice.services.called_off import CallOff
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, person, placed

REASON = "The trainer is ill."


@dataclass
class World:
    """Ids of what was made: a date, its bookings (the first one of 2 places paid in cash), and a later date."""

    app: Flask
    provider: Provider
    schedule_id: UUID
    other_id: UUID
    booking_ids: list[UUID]

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            yield
            db.session.remove()

    def call_off(self, **more: Any) -> None:
        values: dict[str, Any] = {
            "reason": REASON,
            "deadline_at": datetime.now(UTC) + timedelta(days=7),
        } | more
        with self.inside():
            commit_once(lambda: called_off.call_off(self.schedule_id, CallOff(**values), ADMIN))

    def choice(self, number: int = 0) -> ScheduleChoice:
        """The choice of a booking as it is now, with its token opened."""
        with self.inside():
            found = select(ScheduleChoice).where(ScheduleChoice.booking_id == self.booking_ids[number])
            return db.session.scalars(found).one()

    def path(self, number: int = 0) -> str:
        with self.inside():
            found = select(ScheduleChoice).where(ScheduleChoice.booking_id == self.booking_ids[number])
            return f"/choice/{db.session.scalars(found).one().token}"

    def refunds(self) -> list[Refund]:
        with self.inside():
            return list(db.session.scalars(select(Refund)))

    def booking(self, booking_id: UUID) -> Booking:
        with self.inside():
            return db.session.get_one(Booking, booking_id)


def make_world(app: Flask, provider: Provider) -> World:
    with app.app_context(), tenant_scope(provider.id):
        course: Course = factories.make_course(title="First Aid at Work")
        later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        schedule: Schedule = factories.make_schedule(course=course)
        other: Schedule = factories.make_schedule(course=course, starts_at=later)
        schedule_id, other_id = schedule.id, other.id
        paid = placed(schedule, 2, "cash", attendees=(person("Ada Byron"), person("Bo Diddley"))).id
        unpaid = placed(db.session.get_one(Schedule, schedule_id)).id
        db.session.remove()
    return World(app, provider, schedule_id, other_id, [paid, unpaid])
