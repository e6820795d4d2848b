"""Waiting lists that somebody should look at."""

from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select

from backoffice.models import Booking, Course, Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services.work_queues.kinds import Day, line


def waiting(day: Day) -> Select[Any]:
    """Coming dates that somebody waits for; those with free places, and with an offer to call about, say so."""
    parties = select(func.count()).where(*_waits()).scalar_subquery()
    wanted = (
        select(func.sum(WaitingEntry.places))
        .join(WaitingEntryDate, WaitingEntryDate.entry_id == WaitingEntry.id)
        .where(*_waits())
        .scalar_subquery()
    )
    free = Schedule.capacity - Schedule.seats_taken
    said = func.concat(
        parties, case((parties == 1, " party waits for "), else_=" parties wait for "), wanted,
        case((wanted == 1, " place"), else_=" places"), "; ", free, " free",
        case((_is_to_call(), "; an offer to call about"), else_=""),
    )  # fmt: skip
    return (
        line("waiting", Schedule.id, title=Course.title, what=said, at=Schedule.starts_at, status=literal(""))
        .select_from(Schedule)
        .join(Course, Course.id == Schedule.course_id)
        .where(
            Schedule.status == "published",
            Schedule.starts_at > day.now,
            or_(exists().where(*_waits()), _is_to_call()),
        )
        .order_by(Schedule.starts_at, Schedule.id)
    )


def _waits() -> tuple[Any, ...]:
    return WaitingEntryDate.schedule_id == Schedule.id, WaitingEntryDate.status == "waiting"


def _is_to_call() -> Any:
    """An offer is out that no mail could tell of."""
    return exists().where(
        and_(
            WaitingEntryDate.schedule_id == Schedule.id,
            WaitingEntryDate.status == "offered",
            Booking.id == WaitingEntryDate.booking_id,
            Booking.contact_email.is_(None),
        )
    )
