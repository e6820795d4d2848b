"""What people see of themselves: a customer's bookings, an instructor's dates."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from backoffice.database import among, db
from backoffice.domain.actor import Actor
from backoffice.models import Booking, Instructor, Schedule, ScheduleDay, ScheduleDayInstructor

AT_MOST = 200
SHOWN_AFTER = timedelta(days=60)


def list_bookings(actor: Actor) -> Sequence[Booking]:
    """The actor's own bookings, the newest date first. Raises Forbidden."""
    actor.require("own.read")
    return db.session.scalars(
        select(Booking)
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .where(Booking.customer_id == actor.user_id)
        .order_by(Schedule.starts_at.desc(), Booking.id)
        .limit(AT_MOST)
        .options(
            joinedload(Booking.schedule).options(joinedload(Schedule.course), joinedload(Schedule.venue))
        )
    ).all()


def list_dates(actor: Actor, now: datetime | None = None) -> Sequence[Schedule]:
    """The dates that the actor teaches, from two months ago on, in order of time. Raises Forbidden."""
    actor.require("register.own")
    earliest = (now or datetime.now(UTC)) - SHOWN_AFTER
    teaches = exists().where(
        ScheduleDay.schedule_id == Schedule.id,
        ScheduleDayInstructor.schedule_day_id == ScheduleDay.id,
        Instructor.id == ScheduleDayInstructor.instructor_id,
        Instructor.user_id == actor.user_id,
    )
    return db.session.scalars(
        select(Schedule)
        .where(teaches, Schedule.ends_at >= earliest, Schedule.status.in_(("published", "completed")))
        .order_by(Schedule.starts_at, Schedule.id)
        .limit(AT_MOST)
        .options(joinedload(Schedule.course), joinedload(Schedule.venue))
    ).all()


def list_days(dates: Sequence[Schedule], actor: Actor) -> dict[UUID, list[ScheduleDay]]:
    """The days on which the actor teaches, by the date's id, in order of time. Raises Forbidden."""
    actor.require("register.own")
    days = db.session.scalars(
        select(ScheduleDay)
        .join(ScheduleDayInstructor, ScheduleDayInstructor.schedule_day_id == ScheduleDay.id)
        .join(Instructor, Instructor.id == ScheduleDayInstructor.instructor_id)
        .where(
            among(ScheduleDay.schedule_id, [date.id for date in dates]), Instructor.user_id == actor.user_id
        )
        .order_by(ScheduleDay.starts_at)
    ).unique()
    found: dict[UUID, list[ScheduleDay]] = {}
    for day in days:
        found.setdefault(day.schedule_id, []).append(day)
    return found
