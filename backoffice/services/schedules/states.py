"""Draft, published, completed, cancelled: each move is a verb."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING, check_move
from backoffice.domain.text import clean_line
from backoffice.domain.times import say_instant
from backoffice.models import Booking, Schedule
from backoffice.services import audit, live
from backoffice.services.corporate import following
from backoffice.services.schedules import rules

REASON_MAXIMUM = 500


def publish(schedule_id: UUID, actor: Actor) -> Schedule:
    """Put a draft on sale. Refused once it has started, unless it was planned late with a reason."""
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id)
    check_move("schedule", schedule.status, "published")
    started = schedule.starts_at <= datetime.now(UTC)
    if started and not schedule.override_reason and actor.kind != "import":
        when = say_instant(schedule.starts_at, schedule.time_zone)
        raise Refused("started", f"It began on {when}: move it to a day to come first.")
    return _move(schedule, "published", "publish", actor)


def unpublish(schedule_id: UUID, actor: Actor) -> Schedule:
    """Take a date off sale, back to a draft. Refused while anything is booked."""
    actor.require("schedule.edit")
    schedule = _get_when_nobody_books(schedule_id)
    check_move("schedule", schedule.status, "draft")
    if schedule.seats_taken:
        places = _places(schedule.seats_taken)
        raise Refused("booked", f"{places} booked on this date: it stays published. Move the bookings first.")
    return _move(schedule, "draft", "unpublish", actor)


def close(schedule: Schedule) -> None:
    """Published becomes completed: the end of services.registers.complete, which asks what must be asked."""
    check_move("schedule", schedule.status, "completed")
    schedule.status = "completed"
    db.session.flush()
    live.touch(schedule.id)


def reopen(schedule_id: UUID, actor: Actor) -> Schedule:
    """Take a completed date back to published, to put something right."""
    actor.require("schedule.edit")
    schedule = rules.get_for_change(schedule_id)
    if schedule.status != "completed":
        raise Refused("status_move", "Only a completed date can be reopened.")
    return _move(schedule, "published", "reopen", actor)


def cancel(schedule_id: UUID, reason: str, actor: Actor) -> Schedule:
    """Call a date off; room and people are free at once. Refused while live bookings exist."""
    actor.require("schedule.edit")
    reason = clean_line(reason, field="reason", maximum=REASON_MAXIMUM, required=True)
    schedule = _get_when_nobody_books(schedule_id)
    check_move("schedule", schedule.status, "cancelled")
    bookings = _live_bookings(schedule.id)
    if bookings:
        word = "booking holds" if bookings == 1 else "bookings hold"
        raise Refused(
            "booked",
            f"{bookings} {word} {schedule.seats_taken} of its places: move or cancel them first, "
            "then cancel the date.",
        )
    schedule.cancelled_at, schedule.cancellation_reason = datetime.now(UTC), reason
    return _move(schedule, "cancelled", "cancel", actor, reason=reason)


def _get_when_nobody_books(schedule_id: UUID) -> Schedule:
    """The date, locked so that bookings on their way are waited for: their foreign keys hold the row.

    This transaction writes nothing that points to the date, so the stronger lock is safe here.
    """
    locked = select(Schedule).where(Schedule.id == schedule_id).with_for_update()
    schedule = db.session.scalar(locked.execution_options(populate_existing=True))
    if schedule is None:
        raise NotFound("This date does not exist.")
    return schedule


def _move(schedule: Schedule, status: str, verb: str, actor: Actor, **more: str) -> Schedule:
    old, schedule.status = schedule.status, status
    db.session.flush()
    live.touch(schedule.id)
    audit.record(actor, f"schedule:{verb}", schedule, old={"status": old}, new={"status": status, **more})
    following.follow(schedule, actor)
    return schedule


def _live_bookings(schedule_id: UUID) -> int:
    held = select(func.count()).where(Booking.schedule_id == schedule_id, Booking.status.in_(LIVE_BOOKING))
    return db.session.scalars(held).one()


def _places(number: int) -> str:
    return "1 place is" if number == 1 else f"{number} places are"
