"""What somebody on the public site may hold before it is paid: for how long, and how much of one date."""

from __future__ import annotations

from datetime import datetime, timedelta

HOLD = timedelta(minutes=15)
# More than these need a company course, and a form that nobody wants to fill.
MOST_PLACES = 40
# Up to so many, a group is not turned away because the date is small.
SMALL_GROUP = 5
# What lapsed within this time still counts against whoever let it lapse.
MEMORY = timedelta(hours=1)


def ends_at(now: datetime, starts_at: datetime) -> datetime:
    """Until when places are held from now on: a quarter of an hour, never past the start (UTC)."""
    return min(now + HOLD, starts_at)


def share(capacity: int) -> int:
    """How many places of one date one visitor may hold unpaid at a time: two thirds, or a group of five, never all.

    A date for one keeps its one place. A hold costs nothing, so nobody may empty a date with holds.
    """
    all_but_one = max(1, capacity - 1)
    return min(all_but_one, max(SMALL_GROUP, capacity * 2 // 3))


def lapsed_share(capacity: int) -> int:
    """How many places one visitor may have held within `MEMORY`, held now or let lapse: twice the share."""
    return 2 * share(capacity)
