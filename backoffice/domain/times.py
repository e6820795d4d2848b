"""Instants are UTC; people see and enter the wall time of a time zone. English names, whatever the locale."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backoffice.domain.errors import Invalid

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_UK_DATE = re.compile(r"(?P<day>[0-9]{1,2})[/.](?P<month>[0-9]{1,2})[/.](?P<year>[0-9]{4})")
_TIME = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::00)?")
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


def parse_date(text: str, *, field: str = "date") -> date:
    """A date typed into a form, "2026-03-03" or the British "3/3/2026", 1900 to 2100; raises Invalid."""
    match = _ISO_DATE.fullmatch(text.strip()) or _UK_DATE.fullmatch(text.strip())
    day = _date(int(match["year"]), int(match["month"]), int(match["day"])) if match else None
    if day is None or not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise Invalid("date", "Enter a date like 31/12/2026.", field=field)
    return day


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_time(text: str, *, field: str = "time") -> time:
    """A wall time typed into a form: "09:00", "9:00" or "9.00"; raises Invalid."""
    match = _TIME.fullmatch(text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Invalid("time", "Enter a time like 09:30.", field=field)
    return time(int(match[1]), int(match[2]))
