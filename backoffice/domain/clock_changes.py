"""What a clock change does to a span of wall time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from backoffice.domain.times import say_date, zone


def notes(day: date, start: time, end: time, time_zone: str) -> list[str]:
    """What people should know of a day on which the clock changes while, or when, something takes place.

    For a wall time that the clock skips there is no note: it cannot be planned at all.
    """
    place = zone(time_zone)
    first, last = (datetime.combine(day, at, place) for at in (start, end))
    said = [
        _twice(day, at.time()) for at in (first, last) if at.utcoffset() != at.replace(fold=1).utcoffset()
    ]
    wall = datetime.combine(day, end) - datetime.combine(day, start)
    lasts = last.astimezone(UTC) - first.astimezone(UTC)
    if lasts != wall:
        change = "goes forward" if lasts < wall else "goes back"
        hours = lasts.total_seconds() / 3600
        said.append(f"The clock {change} on {say_date(day)}: it lasts {hours:g} hours.")
    return said


def _twice(day: date, at: time) -> str:
    return f"{at:%H:%M} comes twice on {say_date(day)}, as the clock goes back: the first is meant."


def changed_between(earlier: datetime, later: datetime, time_zone: str) -> str:
    """ "forward" or "back" when the clock changed from one instant to another, "" when it did not."""
    place = zone(time_zone)
    before, after = (instant.astimezone(place).utcoffset() for instant in (earlier, later))
    if before == after or before is None or after is None:
        return ""
    return "forward" if after > before else "back"
