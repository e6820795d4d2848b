"""Days as people enter them, local wall times, and as they are stored, UTC instants."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import NamedTuple

from backoffice.domain.errors import Invalid
from backoffice.domain.times import local_to_utc, say_date, to_local

DAYS_MAXIMUM = 60

# a local date, the wall time it starts, the wall time it ends
Day = tuple[date, time, time]


class Span(NamedTuple):
    """One day in UTC; the end is not part of it, so touching days do not overlap."""

    starts_at: datetime
    ends_at: datetime


def spans(days: Iterable[Day], time_zone: str) -> list[Span]:
    """The days in UTC, in order. Raises Invalid on `days` for none, too many, an end before its start,
    days that overlap each other, or a wall time that the clock skips."""
    found = sorted(_span(day, time_zone) for day in days)
    if not found:
        raise Invalid("required", "Enter at least one day.", field="days")
    if len(found) > DAYS_MAXIMUM:
        raise Invalid("too_many", f"A date has at most {DAYS_MAXIMUM} days.", field="days")
    for one, next_one in zip(found, found[1:], strict=False):
        if next_one.starts_at < one.ends_at:
            day = say_date(to_local(next_one.starts_at, time_zone).date())
            raise Invalid("days_overlap", f"Two of the days overlap on {day}.", field="days")
    return found


def _span(day: Day, time_zone: str) -> Span:
    on, start, end = day
    if end <= start:
        raise Invalid("end_before_start", f"On {say_date(on)} the end must be after the start.", field="days")
    try:
        return Span(local_to_utc(on, start, time_zone), local_to_utc(on, end, time_zone))
    except Invalid as error:
        raise Invalid(error.code, error.message, field="days") from error


def local_days(stored: Sequence[Span], time_zone: str) -> list[Day]:
    """Stored days on the clock of the time zone, for a form."""
    pairs = [(to_local(span.starts_at, time_zone), to_local(span.ends_at, time_zone)) for span in stored]
    return [(start.date(), start.time(), end.time()) for start, end in pairs]
