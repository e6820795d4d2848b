"""A substitute at the door: somebody else has the place from now on, and nothing of the first person clings to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import delete, func

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import age_on
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.text import clean_email, clean_line, refuse_card_number
from backoffice.domain.times import to_local
from backoffice.models import Attendance, Attendee, RegisterEntry, Schedule
from backoffice.services import audit
from backoffice.services.registers.corrections import flag_certificates
from backoffice.services.registers.marking import Held, entries_of, hold_person, touch

NAME_MAXIMUM = 100
CHANGED = "Somebody changed this place while you had the page open: look who has it now, then decide."


@dataclass(frozen=True)
class Substitute:
    """Who came instead, checked."""

    first_name: str
    last_name: str
    email: str | None
    birth_date: date | None


def substitute(
    attendee_id: UUID,
    first_name: str,
    last_name: str,
    email: str | None,
    actor: Actor,
    *,
    birth_date: date | None = None,
    seen_version: int | None = None,
    now: datetime | None = None,
) -> Attendee:
    """Give a place to whoever came. Marks, outcome, note, requirements and contact of the first person go.

    The course's minimum age is asked again: such a course needs the birth date, unless the booking was taken against
    that rule. From the first day on; not after the date is completed. With `seen_version` a place about which somebody
    marked something since, or gave it away, stays. Raises Invalid, Refused, NotFound, Forbidden.
    """
    actor.require("register.mark")
    held = hold_person(attendee_id, actor, now or datetime.now(UTC))
    _check_time(held)
    if seen_version is not None and held.rows[attendee_id].version != seen_version:
        raise Refused("changed", CHANGED)
    attendee = db.session.get_one(Attendee, attendee_id)
    who = _clean(first_name, last_name, email, birth_date)
    _check_age(attendee, held.date, who)
    old = {"name": attendee.name, "email": audit.HIDDEN if attendee.email else None}
    entry = entries_of([attendee_id])[attendee_id]
    old |= _forget_marks(held, entry)
    _give_place(attendee, who)
    flag_certificates([attendee_id])
    touch(entry, actor)
    db.session.flush()
    new = {"name": attendee.name, "place": attendee.position}
    audit.record(actor, "booking:substitute", attendee.booking, old=old, new=new)
    return attendee


def _check_time(held: Held) -> None:
    if held.date.status == "completed":
        raise Refused(
            "completed", "The date is completed: correct the name on the booking or the certificate."
        )
    if not any(day.has_begun for day in held.days):
        raise Refused("too_early", "The date is still to come: change the name on the booking.")


def _clean(first_name: str, last_name: str, email: str | None, birth_date: date | None) -> Substitute:
    first = clean_line(first_name, field="first_name", maximum=NAME_MAXIMUM)
    last = clean_line(last_name, field="last_name", maximum=NAME_MAXIMUM)
    if not first and not last:
        raise Invalid("required", "Enter the name of the person who came.", field="first_name")
    for field, text in (("first_name", first), ("last_name", last)):
        refuse_card_number(text, field=field)
    return Substitute(first, last, clean_email(email), birth_date)


def _check_age(attendee: Attendee, schedule: Schedule, who: Substitute) -> None:
    minimum = schedule.course.minimum_age
    if not minimum or attendee.booking.override_reason:
        return
    if who.birth_date is None:
        sentence = f"Attendees must be {minimum} on the day: enter the birth date."
        raise Invalid("required", sentence, field="birth_date")
    if age_on(who.birth_date, to_local(schedule.starts_at, schedule.time_zone).date()) < minimum:
        sentence = f"Attendees must be {minimum} on the day of the course."
        raise Invalid("too_young", sentence, field="birth_date")


def _forget_marks(held: Held, entry: RegisterEntry) -> dict[str, str]:
    """Take away what was marked for the first person; the history keeps it."""
    labels = {day.number: day.label for day in held.days}
    stored = held.rows[entry.attendee_id]
    day_ids = [day.id for day in held.days]
    db.session.execute(
        delete(Attendance).where(
            Attendance.attendee_id == entry.attendee_id, Attendance.schedule_day_id.in_(day_ids)
        )
    )
    entry.outcome, entry.note, entry.has_shown_identity = "not_assessed", None, False
    entry.exception_reason = entry.exception_by_id = entry.exception_at = None
    return {labels[number]: status for number, status in stored.attendance.items()}


def _give_place(attendee: Attendee, who: Substitute) -> None:
    attendee.first_name, attendee.last_name, attendee.email = who.first_name, who.last_name, who.email
    attendee.phone = attendee.user_id = attendee.requirements = None
    attendee.birth_date = who.birth_date.isoformat() if who.birth_date else None
    attendee.booking.updated_at = func.now()
