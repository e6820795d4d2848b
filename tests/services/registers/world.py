"""A date that was taught, with an instructor who may sign in and people on it; and the register at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.times import local_to_utc, to_local
from backoffice.models import Booking, Schedule, ScheduleDay, ScheduleDayInstructor, User
from backoffice.services import bookings, registers
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.services.registers import Change, Marked, Row
from tests import factories
from tests.services.booked import ADMIN, done

NAMES = ("Zoe Young", "Adam Cole", "Maria Lopez", "Ben Okafor", "Iris Hall")


@dataclass(frozen=True)
class Taught:
    """A date of which `over_at` is after its last day, and `day_at(n)` in the middle of a day (UTC)."""

    schedule_id: UUID
    instructor: Actor
    over_at: datetime

    @property
    def schedule(self) -> Schedule:
        return db.session.get_one(Schedule, self.schedule_id)

    def day_at(self, number: int) -> datetime:
        return self.schedule.starts_at + timedelta(days=number - 1, hours=1)

    def rows(self, actor: Actor = ADMIN) -> dict[str, Row]:
        """The register by name."""
        register = registers.get_register(self.schedule_id, actor, self.over_at)
        return {row.name: row for row in register.rows}

    def row(self, name: str = NAMES[0]) -> Row:
        return self.rows()[name]

    def mark(self, *changes: Change, actor: Actor | None = None, now: datetime | None = None) -> Marked:
        work = registers.mark
        who, when = actor or self.instructor, now or self.over_at
        return done(lambda: work(self.schedule_id, changes, who, when))

    def change(self, name: str = NAMES[0], day: int = 1, status: str | None = None, **values: Any) -> Change:
        """What somebody wants who sees the register as it stands now."""
        row = self.row(name)
        attendance: dict[int, str | None] = {day: status} if status is not None else {}
        return Change(row.attendee_id, row.version, attendance, **values)


def teach(days: int = 1, *, ago: int = 1, people: int = 0, **values: Any) -> Taught:
    """A published date of so many days, the last of them `ago` days ago, with `people` in bookings of their own."""
    zone = values.get("time_zone", "Europe/London")
    last = to_local(datetime.now(UTC), zone).date() - timedelta(days=ago)
    starts = [local_to_utc(last - timedelta(days=days - 1 - n), time(9), zone) for n in range(days)]
    schedule = factories.make_schedule(starts_at=starts[0], **values)
    for number, start in enumerate(starts[1:], 2):
        end = start + timedelta(hours=6)
        factories.add(ScheduleDay(schedule_id=schedule.id, day_number=number, starts_at=start, ends_at=end))
    db.session.refresh(schedule)
    taught = Taught(schedule.id, teacher_of(schedule), schedule.ends_at + timedelta(hours=1))
    for name in NAMES[:people]:
        book(taught, name)
    return taught


def teacher_of(schedule: Schedule, user: User | None = None) -> Actor:
    """Somebody who teaches on all days of a date."""
    user = user or factories.make_user("instructor", first_name="Tess", last_name="Teacher")
    person = factories.make_instructor(user_id=user.id)
    for day in schedule.days:
        factories.add(ScheduleDayInstructor(schedule_day_id=day.id, instructor_id=person.id))
    return factories.actor("instructor", user)


def book(taught: Taught, *names: str, method: str = "cash", **more: Any) -> Booking:
    """A booking for these people, taken before the date: paid, unless the method leaves it pending."""
    people = tuple(_attendee(name) for name in names)
    contact = CustomerIn(first_name="Cora", last_name="Booker", email="cora@x.example", phone="07700 900123")
    values: dict[str, Any] = {"customer": contact, "attendees": people, "send_mail": False} | more
    places = values.pop("places", len(names))
    order = Order(taught.schedule_id, places, payment_method=method, **values)
    before = taught.schedule.starts_at - timedelta(days=9)
    placed = done(lambda: bookings.place(order, ADMIN, before))
    db.session.expire_all()
    return db.session.get_one(Booking, placed.booking_id)


def _attendee(name: str) -> AttendeeIn:
    first, _, last = name.partition(" ")
    return AttendeeIn(first, last)


def status_of(booking: Booking) -> str:
    db.session.expire_all()
    return db.session.get_one(Booking, booking.id).status
