"""What people type into the cells of a table: dates, times and whole numbers."""

from __future__ import annotations

import re
from datetime import date, time

from backoffice.domain.errors import Invalid
from backoffice.domain.times import find_date, find_time

_WHOLE = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.0+)?|-?[0-9]{1,15}(?:\.0+)?")


def parse_date_uk(text: str, *, field: str = "date") -> date:
    """The date as people write it (domain.times.find_date). Raises Invalid, naming the cell."""
    day = find_date(text)
    if day is None:
        raise Invalid(
            "not_a_date", f"“{text.strip()[:40]}” is not a date: write it as 03/03/2026.", field=field
        )
    return day


def parse_time(text: str, *, field: str = "time") -> time:
    """The time of day as people write it (domain.times.find_time). Raises Invalid, naming the cell."""
    at = find_time(text)
    if at is None:
        raise Invalid("not_a_time", f"“{text.strip()[:40]}” is not a time: write it as 09:00.", field=field)
    return at


def parse_whole(text: str, *, field: str = "number", minimum: int = 0, maximum: int = 1_000_000) -> int:
    """The whole number in 12, 1,200 or 12.0. Raises Invalid for anything else and outside minimum–maximum."""
    words = text.strip()
    if not _WHOLE.fullmatch(words):
        raise Invalid(
            "not_a_number", f"“{words[:40]}” is not a whole number: write it in digits, as 12.", field=field
        )
    value = int(words.replace(",", "").split(".")[0])
    if not minimum <= value <= maximum:
        raise Invalid("out_of_range", f"{value} is not between {minimum} and {maximum}.", field=field)
    return value
