"""Whose register it is: an instructor opens those of the dates that he or she teaches, staff open any."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import joinedload

from backoffice.database import db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.models import Attendee, Booking, Instructor, Schedule, ScheduleDay, ScheduleDayInstructor
from backoffice.services.schedules import rules

NO_DATE = "This date does not exist."
NOT_HERE = "This person is not on the register."


def taught_by(user_id: UUID | None) -> ColumnElement[bool]:
    """Whether a date of the query is taught, on one of its days, by this user."""
    return exists().where(
        ScheduleDay.schedule_id == Schedule.id,
        ScheduleDayInstructor.schedule_day_id == ScheduleDay.id,
        Instructor.id == ScheduleDayInstructor.instructor_id,
        Instructor.user_id == user_id,
    )


def is_limited(actor: Actor) -> bool:
    """Whether the actor sees own dates only: an instructor, who may read no bookings either."""
    return not actor.may("booking.read")


def get_date(schedule_id: UUID, actor: Actor) -> Schedule:
    """The date with course and venue, if its register is the actor's to see. Raises Forbidden, NotFound."""
    actor.require("register.mark")
    date = db.session.scalar(
        select(Schedule)
        .where(Schedule.id == schedule_id, *_own(actor))
        .options(joinedload(Schedule.course), joinedload(Schedule.venue))
        .execution_options(populate_existing=True)
    )
    if date is None:
        raise NotFound(NO_DATE)
    return date


def _own(actor: Actor) -> list[ColumnElement[bool]]:
    """Drafts are the office's; a date that was cancelled stays to be seen."""
    return [taught_by(actor.user_id), Schedule.status != "draft"] if is_limited(actor) else []


def hold_date(schedule_id: UUID, actor: Actor) -> Schedule:
    """The date for a change of its register: its live bookings, then its own row, kept from other changes.

    In this order, as every change of a booking takes them. One register is written by one at a time.
    Raises Forbidden, NotFound; Refused for a date that is a draft or was cancelled.
    """
    get_date(schedule_id, actor)
    list_live(schedule_id)
    date = rules.get_for_change(schedule_id)
    if date.status not in ("published", "completed"):
        word = "a draft" if date.status == "draft" else "cancelled"
        raise Refused("no_register", f"This date is {word}: nobody is marked on it.")
    return date


def list_live(schedule_id: UUID) -> list[Booking]:
    """The bookings that hold places on the date, kept from other changes."""
    return lock_rows(Booking, Booking.schedule_id == schedule_id, Booking.status.in_(LIVE_BOOKING))


def schedule_of(attendee_id: UUID) -> UUID:
    """The date on which an attendee has a place. Raises NotFound."""
    found = db.session.scalar(
        select(Attendee.schedule_id).where(Attendee.id == attendee_id, Attendee.holds_place)
    )
    if found is None:
        raise NotFound(NOT_HERE)
    return found
