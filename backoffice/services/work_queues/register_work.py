"""Dates that were taught and wait for their register."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, or_

from backoffice.models import Attendance, Attendee, Booking, Course, Schedule, ScheduleDay, Venue
from backoffice.services.work_queues.kinds import Day, line


def registers(day: Day) -> Select[Any]:
    """Dates with bookings that are over and not completed, or have a day behind them on which somebody is not marked."""
    is_over = Schedule.ends_at <= day.now
    return (
        line(
            "register",
            Schedule.id,
            title=Course.title,
            what=Venue.name,
            at=Schedule.ends_at,
            status=case((is_over, ""), else_="ongoing"),
        )
        .select_from(Schedule)
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(
            Schedule.status == "published",
            Schedule.starts_at < day.now,
            Schedule.seats_taken > 0,
            or_(is_over, _has_unmarked(day)),
        )
        .order_by(Schedule.ends_at, Schedule.id)
    )


def _has_unmarked(day: Day) -> ColumnElement[bool]:
    """A day of it is over, and somebody of a confirmed booking is not marked on it."""
    is_marked = exists().where(
        Attendance.attendee_id == Attendee.id, Attendance.schedule_day_id == ScheduleDay.id
    )
    return exists().where(
        ScheduleDay.schedule_id == Schedule.id,
        ScheduleDay.ends_at <= day.now,
        Attendee.schedule_id == Schedule.id,
        Attendee.holds_place,
        Booking.id == Attendee.booking_id,
        Booking.status != "pending",
        ~is_marked,
    )
