"""The register of one date: its days, who is on it, and what was marked. No e-mail, no phone, no money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.database import among, db
from backoffice.domain.actor import Actor
from backoffice.domain.times import day_bounds, say_date, say_span, to_local
from backoffice.models import (
    Attendance,
    Attendee,
    Booking,
    Certificate,
    RegisterEntry,
    Schedule,
    ScheduleDay,
    User,
)
from backoffice.services.registers.dates import get_date
from backoffice.services.schedules import rules

NAMELESS = "Name to follow"


@dataclass(frozen=True)
class Day:
    """One day of the date; `label` is "Mon 3 Mar", `hours` "09:00–16:00" on the date's clock."""

    id: UUID
    number: int
    label: str
    hours: str
    is_today: bool
    # From the beginning of the local day on attendance may be marked.
    has_begun: bool
    is_over: bool


@dataclass(frozen=True)
class Row:
    """One attendee as the register shows it; `attendance` is by the day's number, without days not marked."""

    attendee_id: UUID
    booking_id: UUID
    reference: str
    name: str
    company: str
    requirements: str
    version: int
    attendance: dict[int, str]
    outcome: str
    note: str
    has_shown_identity: bool
    is_unnamed: bool
    # The booking is not confirmed: nobody waits for this mark, and completing leaves it alone.
    is_pending: bool
    exception_reason: str
    has_certificate: bool
    marked_by: str
    marked_at: datetime | None


@dataclass(frozen=True)
class Register:
    """All of a date that whoever marks it needs. Instants are UTC; `status` is the date's."""

    schedule_id: UUID
    course: str
    venue: str
    when: str
    status: str
    time_zone: str
    ends_at: datetime
    instructors: str
    minimum_age: int | None
    days: tuple[Day, ...]
    rows: tuple[Row, ...]

    @property
    def missing(self) -> list[tuple[Row, list[Day]]]:
        """Who is not marked yet on which days; pending bookings need no mark."""
        return missing_of(self.rows, self.days)

    @property
    def today(self) -> Day | None:
        """The day of today, if the date runs today."""
        return next((day for day in self.days if day.is_today), None)


def unmarked_days(row: Row, days: Sequence[Day]) -> list[Day]:
    """The days on which an attendee is not marked."""
    return [day for day in days if day.number not in row.attendance]


def missing_of(rows: Iterable[Row], days: Sequence[Day]) -> list[tuple[Row, list[Day]]]:
    """Who is not marked on which days; pending bookings need no mark."""
    pairs = [(row, unmarked_days(row, days)) for row in rows if not row.is_pending]
    return [(row, unmarked) for row, unmarked in pairs if unmarked]


def get_register(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> Register:
    """The register of a date. Raises Forbidden, and NotFound for a date that is not the actor's to see."""
    date = get_date(schedule_id, actor)
    days = list_days(date, now or datetime.now(UTC))
    return Register(
        schedule_id=date.id,
        course=date.course.title,
        venue=", ".join(filter(None, (date.venue.name, date.venue.city))),
        when=say_span(date.starts_at, date.ends_at, date.time_zone),
        status=date.status,
        time_zone=date.time_zone,
        ends_at=date.ends_at,
        instructors=", ".join(person.name for person in rules.instructors_of(date)),
        minimum_age=date.course.minimum_age,
        days=tuple(days),
        rows=tuple(list_rows(date, days)),
    )


def list_days(date: Schedule, now: datetime) -> list[Day]:
    """The days of a date in order, on its own clock."""
    rows = db.session.execute(
        select(ScheduleDay.id, ScheduleDay.day_number, ScheduleDay.starts_at, ScheduleDay.ends_at)
        .where(ScheduleDay.schedule_id == date.id)
        .order_by(ScheduleDay.day_number)
    )
    return [_day(*row, date.time_zone, now) for row in rows]


def _day(
    day_id: UUID, number: int, starts_at: datetime, ends_at: datetime, time_zone: str, now: datetime
) -> Day:
    start, end = to_local(starts_at, time_zone), to_local(ends_at, time_zone)
    begins = day_bounds(start.date(), time_zone)[0]
    return Day(
        id=day_id,
        number=number,
        label=say_date(start.date()).rpartition(" ")[0],
        hours=f"{start:%H:%M}–{end:%H:%M}",
        is_today=start.date() == to_local(now, time_zone).date(),
        has_begun=now >= begins,
        is_over=now >= ends_at,
    )


def list_rows(date: Schedule, days: Sequence[Day]) -> list[Row]:
    """Who has a place on the date, by last name, the nameless last; as the database has it now."""
    attendees = db.session.scalars(
        select(Attendee)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(Attendee.schedule_id == date.id, Attendee.holds_place)
        .order_by(Attendee.last_name == "", Attendee.last_name, Attendee.first_name, Booking.booked_at)
        .order_by(Booking.id, Attendee.position)
        .options(joinedload(Attendee.booking).joinedload(Booking.company))
        .execution_options(populate_existing=True)
    ).all()
    ids = [attendee.id for attendee in attendees]
    marks, entries = _marks(ids, days), _entries(ids)
    names = _names({entry.marked_by_id for entry in entries.values() if entry.marked_by_id})
    certified = set(
        db.session.scalars(
            select(Certificate.attendee_id).where(
                among(Certificate.attendee_id, ids), Certificate.status == "valid"
            )
        )
    )
    return [
        _row(each, marks.get(each.id, {}), entries.get(each.id), each.id in certified, names)
        for each in attendees
    ]


def _marks(attendee_ids: Sequence[UUID], days: Sequence[Day]) -> dict[UUID, dict[int, str]]:
    """By attendee and the day's number; marks of a date that a booking has left are not asked for."""
    numbers = {day.id: day.number for day in days}
    rows = db.session.execute(
        select(Attendance.attendee_id, Attendance.schedule_day_id, Attendance.status).where(
            among(Attendance.attendee_id, attendee_ids), among(Attendance.schedule_day_id, list(numbers))
        )
    )
    found: dict[UUID, dict[int, str]] = {}
    for attendee_id, day_id, status in rows:
        found.setdefault(attendee_id, {})[numbers[day_id]] = status
    return found


def _entries(attendee_ids: Sequence[UUID]) -> dict[UUID, RegisterEntry]:
    rows = db.session.scalars(
        select(RegisterEntry)
        .where(among(RegisterEntry.attendee_id, attendee_ids))
        .execution_options(populate_existing=True)
    )
    return {row.attendee_id: row for row in rows}


def _names(user_ids: set[UUID]) -> dict[UUID, str]:
    if not user_ids:
        return {}
    rows = db.session.execute(
        select(User.id, User.first_name, User.last_name).where(among(User.id, list(user_ids)))
    )
    return {row.id: f"{row.first_name} {row.last_name}".strip() for row in rows}


def _row(
    attendee: Attendee,
    marks: dict[int, str],
    entry: RegisterEntry | None,
    is_certified: bool,
    names: dict[UUID, str],
) -> Row:
    booking = attendee.booking
    return Row(
        attendee_id=attendee.id,
        booking_id=booking.id,
        reference=booking.reference,
        name=attendee.name or NAMELESS,
        company=booking.company.name if booking.company else "",
        requirements=_requirements(attendee),
        version=entry.version if entry else 0,
        attendance=marks,
        outcome=entry.outcome if entry else "not_assessed",
        note=(entry.note or "") if entry else "",
        has_shown_identity=bool(entry and entry.has_shown_identity),
        is_unnamed=not attendee.name,
        is_pending=booking.status == "pending",
        exception_reason=(entry.exception_reason or "") if entry else "",
        has_certificate=is_certified,
        marked_by=names.get(entry.marked_by_id, "") if entry and entry.marked_by_id else "",
        marked_at=entry.updated_at if entry else None,
    )


def _requirements(attendee: Attendee) -> str:
    """The attendee's own, and what was said for all of the booking."""
    own, all_of_it = attendee.requirements, attendee.booking.special_requirements
    if own and all_of_it and own.strip() != all_of_it.strip():
        return f"{own}\nFor the whole booking: {all_of_it}"
    return own or all_of_it or ""
