"""When somebody teaches: wall times by weekday, as people write and read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time

from backoffice.domain.errors import Invalid
from backoffice.domain.times import find_time

# a wall time that teaching may begin, a wall time by which it must end
Hours = tuple[time, time]
# ISO weekday (Monday is 1) -> the hours of that day
Week = Mapping[int, Sequence[Hours]]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPANS_MAXIMUM = 6
_DASH = re.compile(r"\s*(?:[-–—]|\bto\b|\buntil\b)\s*", re.IGNORECASE)
_BARE_HOUR = re.compile(r"[0-9]{1,2}")


def parse_hours(text: str, *, field: str = "hours") -> list[Hours]:
    """The hours in "9-12, 13:00–17:30": in order, those that touch made one; none for "". Raises Invalid."""
    parts = [part.strip() for part in re.split(r"[,;\n]|\band\b", text) if part.strip()]
    if len(parts) > SPANS_MAXIMUM:
        raise Invalid("too_many", f"Enter at most {SPANS_MAXIMUM} spans of time for a day.", field=field)
    return merge([_span(part, field) for part in parts])


def _span(text: str, field: str) -> Hours:
    ends = [_clock(part) for part in _DASH.split(text)]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        raise Invalid("hours", "Enter hours like 09:00–17:00, or 9–12, 13–17.", field=field)
    if ends[1] <= ends[0]:
        raise Invalid("end_before_start", f"{ends[1]:%H:%M} is not after {ends[0]:%H:%M}.", field=field)
    return ends[0], ends[1]


def _clock(text: str) -> time | None:
    """A time of day; 24:00 is the last minute of the day, and a bare 9 is 09:00."""
    if text in ("24", "24:00"):
        return time(23, 59)
    return find_time(f"{text}:00" if _BARE_HOUR.fullmatch(text) else text)


def merge(hours: Iterable[Hours]) -> list[Hours]:
    """The same hours in order, with those that touch or overlap made one."""
    merged: list[Hours] = []
    for start, end in sorted(hours):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def say_hours(hours: Iterable[Hours]) -> str:
    """ "09:00–12:00, 13:00–17:00"; "" for none."""
    return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in hours)


def is_within(start: datetime, end: datetime, hours: Sequence[Hours]) -> bool:
    """Whether a span of local time lies in one of the hours of its weekday; never when it ends on another day."""
    if start.date() != end.date():
        return False
    return any(first <= start.time() and end.time() <= last for first, last in hours)
