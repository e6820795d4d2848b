"""Dates that are over, with a register that is marked: what certificates are issued from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from backoffice.database import add_rows, db, new_id
from backoffice.models import (
    Attendance,
    Attendee,
    Booking,
    Certificate,
    Course,
    Instructor,
    RegisterEntry,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
)
from backoffice.tenancy import current_tenant_id
from tests import factories

ADMIN = factories.actor("admin")
MARCH = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
_numbers = count(1)


def a_date(
    *, days: int = 1, starts_at: datetime = MARCH, status: str = "completed", **values: Any
) -> Schedule:
    """A completed date of so many days at 09:00 in London; `course` and its own columns by name."""
    schedule = factories.make_schedule(starts_at=starts_at, status=status, **{"capacity": 1000} | values)
    for number in range(2, days + 1):
        begins = starts_at + timedelta(days=number - 1)
        day = {"day_number": number, "starts_at": begins, "ends_at": begins + timedelta(hours=6)}
        db.session.add(ScheduleDay(schedule_id=schedule.id, **day))
    schedule.ends_at = starts_at + timedelta(days=days - 1, hours=6)
    db.session.commit()
    return schedule


def a_course(**values: Any) -> Course:
    return factories.make_course(**{"title": "First Aid at Work", "certificate_years": 3} | values)


def booked(schedule: Schedule, *names: str, **values: Any) -> list[Attendee]:
    """A completed booking of these people that costs nothing, each present on every day and passed."""
    booking = a_booking(schedule, **values)
    attendees = [
        Attendee(
            booking_id=booking.id,
            schedule_id=schedule.id,
            position=place,
            first_name=name.partition(" ")[0],
            last_name=name.partition(" ")[2],
            price_minor=0,
        )
        for place, name in enumerate(names, start=1)
    ]
    db.session.add_all(attendees)
    db.session.commit()
    for attendee in attendees:
        marked(attendee)
    return attendees


def a_booking(schedule: Schedule, **values: Any) -> Booking:
    number = next(_numbers)
    if "customer_id" not in values:
        values["customer_id"] = factories.make_user().id
    defaults = {
        "reference": f"TST-2026-{number:04}",
        "schedule_id": schedule.id,
        "contact_first_name": "Carol",
        "contact_last_name": "Booker",
        "contact_email": f"booker{number}@x.example",
        "status": "completed",
        "payment_method": "bank_transfer",
        "source": "phone",
        "currency": "GBP",
    }
    return factories.add(Booking(**defaults | values))


def marked(
    attendee: Attendee, *days: str, outcome: str = "passed", exception: str | None = None
) -> RegisterEntry:
    """The register of one attendee: of each day a status ("present" where none is given), and the outcome."""
    all_days = list(db.session.get_one(Schedule, attendee.schedule_id).days)
    statuses = [*days, *["present"] * (len(all_days) - len(days))]
    db.session.query(Attendance).filter_by(attendee_id=attendee.id).delete()
    db.session.query(RegisterEntry).filter_by(attendee_id=attendee.id).delete()
    for day, status in zip(all_days, statuses, strict=True):
        db.session.add(Attendance(attendee_id=attendee.id, schedule_day_id=day.id, status=status))
    entry = RegisterEntry(attendee_id=attendee.id, outcome=outcome, version=1)
    if exception:
        entry.exception_reason, entry.exception_at = exception, datetime.now(UTC)
    return factories.add(entry)


def taught_by(schedule: Schedule, name: str, *, duty: str = "lead") -> Instructor:
    """This person on every day of the date."""
    teacher = factories.make_instructor(name=name)
    for day in schedule.days:
        db.session.add(ScheduleDayInstructor(schedule_day_id=day.id, instructor_id=teacher.id, duty=duty))
    db.session.commit()
    return teacher


def many(schedule: Schedule, people: int) -> list[UUID]:
    """So many marked people at once, each in a booking of their own with an address: their attendee ids."""
    tenant_id, customer = current_tenant_id(), factories.make_user()
    day_id = schedule.days[0].id
    first = next(_numbers)
    rows = [(new_id(), new_id(), f"TST-{first}-{place:05}") for place in range(people)]
    add_rows(Booking, *(_booking_row(tenant_id, schedule, customer.id, *row) for row in rows))
    add_rows(
        Attendee,
        *(
            {
                "tenant_id": tenant_id,
                "id": attendee_id,
                "booking_id": booking_id,
                "schedule_id": schedule.id,
                "position": 1,
                "first_name": "Ann",
                "last_name": reference,
                "email": f"{reference.lower()}@x.example",
                "price_minor": 0,
            }
            for booking_id, attendee_id, reference in rows
        ),
    )
    ids = [attendee_id for _, attendee_id, _ in rows]
    _mark_all(tenant_id, day_id, ids)
    db.session.commit()
    return ids


def _mark_all(tenant_id: UUID, day_id: UUID, attendee_ids: Sequence[UUID]) -> None:
    common = [{"tenant_id": tenant_id, "id": new_id(), "attendee_id": each} for each in attendee_ids]
    add_rows(Attendance, *(row | {"schedule_day_id": day_id, "status": "present"} for row in common))
    add_rows(RegisterEntry, *(row | {"outcome": "passed", "version": 1} for row in common))


def _booking_row(
    tenant_id: UUID, schedule: Schedule, customer_id: UUID, booking_id: UUID, _: UUID, reference: str
) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "id": booking_id,
        "reference": reference,
        "schedule_id": schedule.id,
        "customer_id": customer_id,
        "contact_first_name": "Carol",
        "contact_email": f"booker-{reference.lower()}@x.example",
        "status": "completed",
        "payment_method": "bank_transfer",
        "source": "phone",
        "currency": "GBP",
    }


def certificates_of(*attendees: Attendee) -> list[Certificate]:
    """All of theirs, the oldest first."""
    ids = [each.id for each in attendees]
    found = db.session.query(Certificate).filter(Certificate.attendee_id.in_(ids))
    return list(found.order_by(Certificate.id))
