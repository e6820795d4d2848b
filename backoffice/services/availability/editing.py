"""Write down when an instructor teaches, and when not."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.availability import WEEKDAYS, Week, merge, say_hours
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.text import clean_line
from backoffice.domain.times import EARLIEST_YEAR, LATEST_YEAR
from backoffice.models import Instructor, InstructorLeave, WorkingHours
from backoffice.services import audit
from backoffice.services.availability.reading import get_hours

REASON_MAXIMUM = 200
LEAVE_MAXIMUM = timedelta(days=730)


def say_week(week: Week) -> dict[str, str]:
    """Weekday by its name -> its hours in words; days without any are left out."""
    return {WEEKDAYS[number - 1]: say_hours(week[number]) for number in sorted(week) if week[number]}


def set_hours(instructor_id: UUID, week: Week, actor: Actor, *, seen: Week | None = None) -> dict[str, str]:
    """Replace the hours of the whole week (wall times); an empty week means at any time. Returns it in words.

    `seen` is the week that the form was opened with: raises Changed when it is another one by now.
    """
    actor.require("schedule.edit")
    person = _lock(instructor_id)
    old = say_week(get_hours(person.id))
    if seen is not None and say_week(seen) != old:
        raise Changed()
    new = {weekday: merge(hours) for weekday, hours in week.items() if hours}
    if say_week(new) == old:
        return old
    db.session.execute(delete(WorkingHours).where(WorkingHours.instructor_id == person.id))
    db.session.add_all(
        WorkingHours(instructor_id=person.id, weekday=weekday, starts=starts, ends=ends)
        for weekday, hours in new.items()
        for starts, ends in hours
    )
    db.session.flush()
    audit.record(actor, "instructor:set_hours", person, old={"hours": old}, new={"hours": say_week(new)})
    return say_week(new)


def add_leave(
    instructor_id: UUID, starts_on: date, ends_on: date, reason: str | None, actor: Actor
) -> InstructorLeave:
    """Whole local days, both included. Raises Invalid; days that are leave already are the database's to refuse."""
    actor.require("schedule.edit")
    if ends_on < starts_on:
        raise Invalid("end_before_start", "The last day must not be before the first.", field="ends_on")
    if not (starts_on.year >= EARLIEST_YEAR and ends_on.year <= LATEST_YEAR):
        raise Invalid("year", f"Choose a year between {EARLIEST_YEAR} and {LATEST_YEAR}.", field="starts_on")
    if ends_on - starts_on > LEAVE_MAXIMUM:
        raise Invalid("too_long", "Leave lasts two years at most: archive the instructor.", field="ends_on")
    why = clean_line(reason, field="reason", maximum=REASON_MAXIMUM) or None
    person = _lock(instructor_id)
    leave = InstructorLeave(instructor_id=person.id, starts_on=starts_on, ends_on=ends_on, reason=why)
    db.session.add(leave)
    db.session.flush()
    audit.record(actor, "instructor:add_leave", person, new=_said(leave))
    return leave


def end_leave(leave_id: UUID, actor: Actor) -> UUID:
    """Take leave back; returns whose it was. Raises NotFound."""
    actor.require("schedule.edit")
    leave = lock_row(InstructorLeave, InstructorLeave.id == leave_id)
    if leave is None:
        raise NotFound("This leave was taken back already.")
    person = _lock(leave.instructor_id)
    audit.record(actor, "instructor:end_leave", person, old=_said(leave))
    db.session.delete(leave)
    db.session.flush()
    return person.id


def _said(leave: InstructorLeave) -> dict[str, str]:
    """What the audit keeps: the days, not the reason."""
    return {"starts_on": leave.starts_on.isoformat(), "ends_on": leave.ends_on.isoformat()}


def _lock(instructor_id: UUID) -> Instructor:
    """The instructor, locked as a plan locks the people it wants: the two come one after the other."""
    person = lock_row(Instructor, Instructor.id == instructor_id)
    if person is None:
        raise NotFound("This instructor does not exist.")
    return person
