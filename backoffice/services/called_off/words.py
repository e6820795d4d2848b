"""What the mails and the page about a called-off date say."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant, say_span
from backoffice.models import Booking, Schedule, ScheduleChoice
from backoffice.services.called_off import standing

TEMPLATES = frozenset({"date_called_off", "date_called_off_reminder", "choice_received"})
FALLBACK_WORDS = {
    "refunded": "the money goes back to you",
    "credited": "you keep the money as credit with us",
}


def of_booking(booking_id: UUID | None) -> dict[str, Any]:
    """The choice of a booking in words. Raises NotFound."""
    choice = standing.find_of_booking(booking_id) if booking_id else None
    if choice is None:
        raise NotFound("The choice this mail is about does not exist.")
    booking: Booking = choice.booking
    zone = choice.schedule.time_zone
    return {
        "choice": choice,
        "status": _status(choice),
        "reason": choice.schedule.cancellation_reason or "",
        "amount": format_money(amount_of(choice), booking.currency),
        "deadline": say_instant(choice.deadline_at, zone),
        "otherwise": FALLBACK_WORDS[choice.fallback],
        "proposed": _say(choice.proposed_schedule),
        "moved_to": _moved_to(choice),
        "by_default": choice.answered_by_kind == "system",
    }


def _status(choice: ScheduleChoice) -> str:
    """An open one whose money was given back by hand meanwhile has nothing to choose about."""
    is_empty = choice.status == "open" and not amount_of(choice)
    return "nothing_paid" if is_empty else choice.status


def amount_of(choice: ScheduleChoice) -> int:
    """The money that the choice is, or was, about (minor units)."""
    return choice.amount_minor if choice.is_answered else standing.held_minor(choice.booking_id)


def _say(schedule: Schedule | None) -> str:
    return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone) if schedule else ""


def _moved_to(choice: ScheduleChoice) -> str:
    moved = db.session.get(Booking, choice.moved_booking_id) if choice.moved_booking_id else None
    return f"{moved.reference}, {_say(moved.schedule)}" if moved else ""


def secret_link(booking_id: UUID | None) -> str:
    """Where the booker chooses. Raises NotFound."""
    choice = standing.find_of_booking(booking_id) if booking_id else None
    if choice is None:
        raise NotFound("The choice this mail is about does not exist.")
    return standing.url_of(choice)


def why_unwanted(booking_id: UUID | None, template: str) -> str | None:
    """A sentence when a reminder is no longer true, because the booker has chosen meanwhile."""
    if template != "date_called_off_reminder" or booking_id is None:
        return None
    choice = standing.find_of_booking(booking_id)
    if choice is None or choice.status == "open":
        return None
    return "Not sent: the booker had chosen before this mail went out."
