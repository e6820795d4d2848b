"""Instants are UTC; people see and enter the wall time of a time zone. English names, whatever the locale."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backoffice.domain.errors import Invalid

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
