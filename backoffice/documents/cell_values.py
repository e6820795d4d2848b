"""What people type into the cells of a table: dates, times and whole numbers."""

from __future__ import annotations

import re
from datetime import date, time

from backoffice.domain.errors import Invalid

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_ISO = re.compile(
    r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?:[T ]00:00(?::00)?)?"
)
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[-/. ](?P<month>[0-9]{1,2})[-/. ](?P<year>[0-9]{4}|[0-9]{2})")
_IN_WORDS = re.compile(
    r"(?:[a-z]{3,9},? )?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?[- ]"
    r"(?P<month>[a-z]{3,9})\.?,?[- ](?P<year>[0-9]{4}|[0-9]{2})"
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2})(?::[0-9]{2})?)? ?(?:(?P<half>[ap])\.?m\.?)?"
)
_DIGITS_ONLY = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<half>)")
_WHOLE = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.0+)?|-?[0-9]{1,15}(?:\.0+)?")


def parse_date_uk(text: str, *, field: str = "date") -> date:
    """The date in 2026-03-03, 03/03/2026, 3/3/26 or 3 Mar 2026; day before month where both would do.

    Two digits of a year mean 1970–2069. Raises Invalid, also for a year outside 1900–2100.
    """
    words = " ".join(text.lower().split())
    for form in (_ISO, _DAY_FIRST, _IN_WORDS):
        if found := form.fullmatch(words):
            return _date(found, text, field)
    raise _no_date(text, field)


def _date(found: re.Match[str], text: str, field: str) -> date:
    try:
        day = date(_year(found["year"]), _month(found["month"]), int(found["day"]))
    except ValueError as error:
        raise _no_date(text, field) from error
    if not 1900 <= day.year <= 2100:
        raise _no_date(text, field)
    return day


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= 70 else 2000)


def _month(word: str) -> int:
    if word.isdigit():
        return int(word)
    letters = "sep" if word == "sept" else word
    matching = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(letters)]
    return matching[0] if matching else 0  # no date has a month 0


def parse_time(text: str, *, field: str = "time") -> time:
    """The time of day in 09:00, 9.30, 9am, 1:15 pm or 0900. Raises Invalid."""
    words = " ".join(text.lower().split())
    found = _DIGITS_ONLY.fullmatch(words) or _CLOCK.fullmatch(words)
    if not found or (found["minute"] is None and not found["half"]):
        raise _no_time(text, field)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise _no_time(text, field)
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError as error:
        raise _no_time(text, field) from error


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


def _no_date(text: str, field: str) -> Invalid:
    return Invalid("not_a_date", f"“{text.strip()[:40]}” is not a date: write it as 03/03/2026.", field=field)


def _no_time(text: str, field: str) -> Invalid:
    return Invalid("not_a_time", f"“{text.strip()[:40]}” is not a time: write it as 09:00.", field=field)
