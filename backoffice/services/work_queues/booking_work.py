"""Bookings that wait for somebody."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, select

from backoffice.models import Booking, Course, Message, Schedule, ScheduleChoice
from backoffice.services.work_queues.kinds import Day, contact, line

UNPAID_AHEAD = timedelta(days=14)
NAMES_AHEAD = timedelta(days=7)


def unpaid(day: Day) -> Select[Any]:
    """Live bookings that wait for money and start soon."""
    return (
        _bookings(Booking.starts_at, Booking.payment_status)
        .where(
            Booking.awaits_money(),
            Booking.payment_method != "account",
            Booking.starts_at.between(day.now, day.now + UNPAID_AHEAD),
        )
        .order_by(Booking.starts_at, Booking.id)
    )


def names(day: Day) -> Select[Any]:
    """Bookings with nameless places that start soon."""
    asked = (
        select(func.max(Message.sent_at))
        .where(
            Message.booking_id == Booking.id, Message.template == "names_missing", Message.status == "sent"
        )
        .scalar_subquery()
    )
    said = case(
        (asked.is_(None), "not asked yet"), else_=func.concat("asked on ", func.to_char(asked, "FMDD Mon"))
    )
    return (
        _bookings(Booking.starts_at, Booking.status, what=func.concat(Course.title, ": ", said))
        .where(Booking.lacks_names(), Booking.starts_at.between(day.now, day.now + NAMES_AHEAD))
        .order_by(Booking.starts_at, Booking.id)
    )


def holds(day: Day) -> Select[Any]:
    """Pending bookings whose hold ends today, or has ended."""
    return (
        _bookings(Booking.hold_expires_at, Booking.payment_status)
        .where(Booking.status == "pending", Booking.hold_expires_at < day.ends)
        .order_by(Booking.hold_expires_at, Booking.id)
    )


def choices(day: Day) -> Select[Any]:
    """Bookers of called-off dates who have not said what they want."""
    return (
        line(
            "schedules",
            ScheduleChoice.schedule_id,
            title=Booking.reference,
            what=Course.title,
            who=contact(),
            at=ScheduleChoice.deadline_at,
            status=ScheduleChoice.status,
        )
        .select_from(ScheduleChoice)
        .join(Booking, Booking.id == ScheduleChoice.booking_id)
        .join(Schedule, Schedule.id == ScheduleChoice.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(ScheduleChoice.status == "open")
        .order_by(ScheduleChoice.deadline_at, ScheduleChoice.id)
    )


def _bookings(at: Any, status: Any, what: Any = Course.title) -> Select[Any]:
    return (
        line(
            "booking",
            Booking.id,
            title=Booking.reference,
            what=what,
            who=contact(),
            at=at,
            status=status,
        )
        .select_from(Booking)
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
    )
