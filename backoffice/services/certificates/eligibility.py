"""Who gets a certificate, and of everybody else why not: one statement, however many they are (docs/certificates.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from backoffice.database import among, db
from backoffice.domain.attendance import COUNTS_AS_PRESENT
from backoffice.domain.money import format_money
from backoffice.models import (
    Attendance,
    Attendee,
    Booking,
    Certificate,
    Company,
    Course,
    RegisterEntry,
    Schedule,
    ScheduleDay,
)


@dataclass(frozen=True)
class Candidate:
    """An attendee of a date; `why_not` is a sentence, None for whoever gets a certificate.

    `email` is where it would be mailed to, None for a person whom no mail reaches. `certificate_id` is the valid one.
    """

    attendee_id: UUID
    schedule_id: UUID
    booking_id: UUID
    reference: str
    name: str
    company: str
    email: str | None
    has_exception: bool
    certificate_id: UUID | None
    why_not: str | None


Live = aliased(Certificate)
NAME = func.trim(func.concat(Attendee.first_name, " ", Attendee.last_name))
# What never came in. A goodwill refund of a part does not make a course unpaid; one of everything takes it back.
OWES = Booking.total_minor - Booking.paid_minor
GIVEN_BACK = and_(Booking.refunded_minor > 0, Booking.refunded_minor >= Booking.paid_minor)
OUTCOME = func.coalesce(RegisterEntry.outcome, "not_assessed")


def _missed() -> Any:
    """The numbers of the days on which the attendee was not there from the beginning to the end."""
    was_there = (
        select(literal(1))
        .where(
            Attendance.attendee_id == Attendee.id,
            Attendance.schedule_day_id == ScheduleDay.id,
            Attendance.status.in_(sorted(COUNTS_AS_PRESENT)),
        )
        .correlate(Attendee, ScheduleDay)
    )
    in_order = aggregate_order_by(literal(", "), ScheduleDay.day_number)
    return (
        select(func.string_agg(cast(ScheduleDay.day_number, Text), in_order))
        .where(ScheduleDay.schedule_id == Attendee.schedule_id, ~was_there.exists())
        .correlate(Attendee)
        .scalar_subquery()
    )


MISSED = _missed()
# The first that is true says why not; "" is whoever gets one.
WHY_NOT = case(
    (Attendee.cancelled_at.is_not(None), "cancelled"),
    (Live.id.is_not(None), "issued"),
    (Course.gives_certificate.is_(False), "no_certificate"),
    (Schedule.status != "completed", "not_completed"),
    (Booking.status != "completed", "booking"),
    (NAME == "", "unnamed"),
    (and_(RegisterEntry.exception_reason.is_(None), MISSED.is_not(None)), "missed"),
    (OUTCOME != "passed", OUTCOME),
    (GIVEN_BACK, "given_back"),
    (and_(OWES > 0, func.coalesce(Company.has_terms, False).is_(False)), "unpaid"),
    else_="",
)

_BOOKING_WORDS = {
    "pending": "The booking is not confirmed yet.",
    "confirmed": "The booking was not closed with the date: complete the register again.",
    "no_show": "Nobody of this booking was there.",
    "cancelled": "The booking was cancelled.",
    "expired": "The booking's hold ended.",
}
_SENTENCES: dict[str, Callable[[Any], str]] = {
    "cancelled": lambda row: "This place was cancelled.",
    "issued": lambda row: f"Has certificate {row.number} already.",
    "no_certificate": lambda row: "This course gives no certificate.",
    "not_completed": lambda row: "The date is not completed: mark the register and complete it first.",
    "booking": lambda row: _BOOKING_WORDS[row.booking_status],
    "unnamed": lambda row: "The name is missing.",
    "missed": lambda row: _say_missed(row.missed),
    "referred": lambda row: "Was referred: has not passed.",
    "not_assessed": lambda row: "Not assessed yet: mark the outcome in the register.",
    "given_back": lambda row: "All that was paid for the booking was given back.",
    "unpaid": lambda row: (
        f"{format_money(row.owes_minor, row.currency)} of the booking are still to be paid."
    ),
}


def _say_missed(numbers: str) -> str:
    days = "days" if "," in numbers else "day"
    return f"Was not there for all of {days} {numbers}: an administrator may approve an exception."


def join_facts(statement: Select[Any]) -> Select[Any]:
    """From attendees to all that decides over their certificate: WHY_NOT reads it."""
    return (
        statement.select_from(Attendee)
        .join(Booking, Booking.id == Attendee.booking_id)
        .join(Schedule, Schedule.id == Attendee.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .outerjoin(Company, Company.id == Booking.company_id)
        .outerjoin(RegisterEntry, RegisterEntry.attendee_id == Attendee.id)
        .outerjoin(Live, and_(Live.attendee_id == Attendee.id, Live.status == "valid"))
    )


def list_eligible(
    schedule_ids: Sequence[UUID] | None = None, attendee_ids: Sequence[UUID] | None = None
) -> list[Candidate]:
    """The active places of these dates, or these attendees whatever became of them, each with `why_not`.

    By date and then by name. One statement. Raises ValueError without either list.
    """
    wanted = _wanted(schedule_ids, attendee_ids)
    rows = db.session.execute(
        join_facts(select(*_COLUMNS))
        .where(wanted)
        .order_by(Schedule.starts_at, Schedule.id, Attendee.last_name, Attendee.first_name, Attendee.position)
    )
    return [_candidate(row) for row in rows]


_COLUMNS = (
    Attendee.id,
    Attendee.schedule_id,
    Attendee.position,
    Booking.id.label("booking_id"),
    Booking.reference,
    Booking.status.label("booking_status"),
    Booking.currency,
    OWES.label("owes_minor"),
    NAME.label("name"),
    Company.name.label("company"),
    func.coalesce(Attendee.email, Booking.contact_email).label("email"),
    RegisterEntry.exception_reason,
    Live.id.label("certificate_id"),
    Live.number,
    MISSED.label("missed"),
    WHY_NOT.label("why"),
)


def _wanted(schedule_ids: Sequence[UUID] | None, attendee_ids: Sequence[UUID] | None) -> Any:
    if attendee_ids is not None:
        return among(Attendee.id, attendee_ids)
    if schedule_ids is None:
        raise ValueError("dates or attendees, one of the two")
    return and_(among(Attendee.schedule_id, schedule_ids), Attendee.cancelled_at.is_(None))


def _candidate(row: Any) -> Candidate:
    return Candidate(
        attendee_id=row.id,
        schedule_id=row.schedule_id,
        booking_id=row.booking_id,
        reference=row.reference,
        name=row.name or f"Place {row.position}, name to follow",
        company=row.company or "",
        email=row.email,
        has_exception=row.exception_reason is not None,
        certificate_id=row.certificate_id,
        why_not=_SENTENCES[row.why](row) if row.why else None,
    )
