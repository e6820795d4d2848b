"""Instants are UTC; people see and enter the wall time of a time zone. English names, whatever the locale."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backoffice.domain.errors import Invalid

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_IN_FULL = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DATES = (
    re.compile(
        r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?:[T ]00:00(?::00)?)?", re.I
    ),
    re.compile(r"(?P<day>[0-9]{1,2})[-/. ](?P<month>[0-9]{1,2})[-/. ](?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(
        r"(?:[a-z]{3,9},? )?(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?[- ]"
        r"(?P<month>[a-z]{3,9})\.?,?[- ](?P<year>[0-9]{4}|[0-9]{2})"
    ),
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2})(?::[0-9]{2})?)? ?(?:(?P<half>[ap])\.?m\.?)?"
)
_DIGITS_ONLY = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<half>)")
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100


def zone(tz: str | ZoneInfo) -> ZoneInfo:
    """The time zone of a name such as "Europe/London"; raises Invalid for an unknown one."""
    if isinstance(tz, ZoneInfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid("time_zone", "Choose a time zone such as Europe/London.", field="time_zone") from error


def local_to_utc(day: date, at: time, tz: str | ZoneInfo) -> datetime:
    """The UTC instant of a wall time; the first of two when the clock goes back.

    Raises Invalid for a wall time that the clock skips when it goes forward.
    """
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0), zone(tz))
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone(tz)).replace(tzinfo=None) != wall.replace(tzinfo=None):
        message = (
            f"{at:%H:%M} does not exist on {say_date(day)}: the clock goes forward. Choose another time."
        )
        raise Invalid("no_such_time", message, field="time")
    return instant


def to_local(instant: datetime, tz: str | ZoneInfo) -> datetime:
    """The instant on the clock of the time zone; raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(zone(tz))


def day_bounds(day: date, tz: str | ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants at which a local day begins and ends (23 to 25 hours apart), for "today's takings"."""
    place = zone(tz)
    begin, end = (
        datetime.combine(each, time(), place).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    return begin, end


def say_date(day: date) -> str:
    """A date: "Tue 3 Mar 2026"."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_instant(instant: datetime, tz: str | ZoneInfo) -> str:
    """An instant: "Tue 3 Mar 2026, 09:00" on the clock of the time zone."""
    local = to_local(instant, tz)
    return f"{say_date(local.date())}, {local:%H:%M}"


def say_span(start: datetime, end: datetime, tz: str | ZoneInfo) -> str:
    """A span: "Tue 3 Mar 2026, 09:00–16:00", or both dates in full when the end is on another day."""
    if to_local(start, tz).date() == to_local(end, tz).date():
        return f"{say_instant(start, tz)}–{to_local(end, tz):%H:%M}"
    return f"{say_instant(start, tz)} – {say_instant(end, tz)}"


def say_days(begin: datetime, end: datetime, tz: str | ZoneInfo) -> str:
    """The days from one instant to before another: "Tue 3 Mar 2026", or "Tue 3 Mar 2026 – Fri 6 Mar 2026"."""
    first, last = to_local(begin, tz).date(), to_local(end - timedelta(microseconds=1), tz).date()
    return say_date(first) if first == last else f"{say_date(first)} – {say_date(last)}"


def find_date(text: str) -> date | None:
    """The date in 2026-03-03, 3/3/2026, 03.03.26 or 3 Mar 2026, 1900 to 2100; None for anything else.

    The day comes before the month where both would do. Two digits of a year mean 1970–2069.
    """
    words = " ".join(text.lower().split())
    found = next((match for form in _DATES if (match := form.fullmatch(words))), None)
    if found is None:
        return None
    day = _date(_year(found["year"]), _month(found["month"]), int(found["day"]))
    return day if day and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def parse_date(text: str, *, field: str = "date") -> date:
    """A date typed into a form, read by `find_date`; raises Invalid."""
    day = find_date(text)
    if day is None:
        raise Invalid("date", "Enter a date like 31/12/2026.", field=field)
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
    matching = (number for number, name in enumerate(_MONTHS_IN_FULL, 1) if name.startswith(letters))
    return next(matching, 0)  # no date has a month 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find_time(text: str) -> time | None:
    """The time of day in 09:00, 9.30, 9am, 1:15 pm or 0900; None for anything else."""
    words = " ".join(text.lower().split())
    found = _DIGITS_ONLY.fullmatch(words) or _CLOCK.fullmatch(words)
    if not found or (found["minute"] is None and not found["half"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def parse_time(text: str, *, field: str = "time") -> time:
    """A wall time typed into a form, read by `find_time`; raises Invalid."""
    at = find_time(text)
    if at is None:
        raise Invalid("time", "Enter a time like 09:30.", field=field)
    return at
