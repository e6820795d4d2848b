"""How long a course is: stored in minutes, written as people say it."""

from __future__ import annotations

import re

from backoffice.domain.errors import Invalid

MAXIMUM = 100_000
_HOURS = r"(?P<hours>[0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*(?:h|hr|hrs|hour|hours)?"
_MINUTES = r"(?P<minutes>[0-9]{1,6})\s*(?:m|min|mins|minute|minutes)"
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,4}):(?P<minutes>[0-5][0-9])")
_HOURS_ONLY = re.compile(_HOURS)
_MINUTES_ONLY = re.compile(_MINUTES)
_BOTH = re.compile(rf"(?P<hours>[0-9]{{1,4}})\s*(?:h|hr|hrs|hour|hours)\s*{_MINUTES}")


def say_duration(minutes: int) -> str:
    """Minutes as people say them: "6 h", "1 h 30 min", "45 min"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours:,} h"] if hours else []
    return " ".join(parts + ([f"{rest} min"] if rest or not hours else []))


def parse_duration(text: str, *, field: str = "duration") -> int:
    """Minutes from "6", "6 h", "6.5 hours", "1 h 30 min", "1:30" or "90 min"; a bare number is hours. Invalid."""
    minutes = _minutes(text.strip().lower()) if isinstance(text, str) else None
    if minutes is None or not 1 <= minutes <= MAXIMUM:
        raise Invalid("duration", "Enter a length like 6 h, 1 h 30 min or 90 min.", field=field)
    return minutes


def _minutes(text: str) -> int | None:
    if match := _CLOCK.fullmatch(text) or _BOTH.fullmatch(text):
        return int(match["hours"]) * 60 + int(match["minutes"])
    if match := _MINUTES_ONLY.fullmatch(text):
        return int(match["minutes"])
    if match := _HOURS_ONLY.fullmatch(text):
        whole, _, part = match["hours"].replace(",", ".").partition(".")
        return int(whole) * 60 + (int(part.ljust(2, "0")) * 60 + 50) // 100
    return None
