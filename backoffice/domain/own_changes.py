"""Until when customers may change a booking themselves, and why not: sentences for people, None while they may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

NAME_CHANGE_HOURS: Final = 24
MOST_HOURS: Final = 30 * 24
CALL_US: Final = "Please call or write to us."


@dataclass(frozen=True)
class Standing:
    """How a booking stands (UTC). `window_hours`: before it a refund is full; None: there is no window."""

    status: str
    starts_at: datetime
    name_change_hours: int = NAME_CHANGE_HOURS
    window_hours: int | None = None
    is_called_off: bool = False
    is_private: bool = False
    on_account: bool = False


def why_no_new_name(standing: Standing, now: datetime) -> str | None:
    """Why a name that was given cannot be changed any more."""
    reason = _why_closed(standing, now)
    if reason:
        return reason
    hours = standing.name_change_hours
    if standing.starts_at - now < timedelta(hours=hours):
        return f"Names can be changed until {say_hours(hours)} before the course begins. {CALL_US}"
    return None


def why_no_move(standing: Standing, now: datetime) -> str | None:
    """Why the booking cannot be moved: once a cancellation would cost a fee, moving would go round it."""
    reason = _why_closed(standing, now) or _why_private(standing)
    if reason:
        return reason
    if standing.status != "confirmed":
        return "Only a confirmed booking can be moved."
    hours = max(standing.window_hours or 0, standing.name_change_hours)
    if standing.starts_at - now < timedelta(hours=hours):
        return f"A booking can be moved until {say_hours(hours)} before the course begins. {CALL_US}"
    return None


def why_no_cancelling(standing: Standing, now: datetime) -> str | None:
    """Why the booking cannot be cancelled without a word with the office."""
    reason = _why_closed(standing, now) or _why_private(standing)
    if reason:
        return reason
    is_late = standing.starts_at - now < timedelta(hours=standing.window_hours or 0)
    if is_late and standing.on_account and standing.status == "confirmed":
        return f"So late a fee is due, which goes on your invoice. {CALL_US}"
    return None


def _why_closed(standing: Standing, now: datetime) -> str | None:
    if standing.status not in ("pending", "confirmed"):
        return "This booking is not open any more."
    if standing.is_called_off:
        return "The date was called off: you have a mail with what to choose from."
    if standing.starts_at <= now:
        return f"The course has begun. {CALL_US}"
    return None


def _why_private(standing: Standing) -> str | None:
    return f"This date was planned for your company alone. {CALL_US}" if standing.is_private else None


def say_hours(hours: int) -> str:
    """Hours as people say them."""
    if hours >= 48 and hours % 24 == 0:
        return f"{hours // 24} days"
    return "1 hour" if hours == 1 else f"{hours} hours"
