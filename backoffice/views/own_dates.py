"""An instructor's dates, sorted as the day asks: today, still to mark, coming, past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backoffice.domain.times import day_bounds, say_date, say_instant, to_local
from backoffice.models import Schedule, ScheduleDay


@dataclass(frozen=True)
class OwnDate:
    """A date as its instructor's page shows it; `hours` and `day` are of the day that comes next, or is today."""

    date: Schedule
    hours: str
    day: str
    where: str

    @property
    def people(self) -> str:
        taken = self.date.seats_taken
        return "1 person" if taken == 1 else f"{taken or 'Nobody'}{' people' if taken else ' yet'}"


@dataclass(frozen=True)
class OwnDates:
    """The four parts of the page; each date is in one of them."""

    today: list[OwnDate]
    to_mark: list[OwnDate]
    coming: list[OwnDate]
    past: list[OwnDate]


def sort_out(
    dates: Sequence[Schedule], taught: Mapping[UUID, Sequence[ScheduleDay]], now: datetime
) -> OwnDates:
    """`taught` are the days on which the instructor teaches; each date's clock says which day today is."""
    found = OwnDates([], [], [], [])
    for date in dates:
        days = taught.get(date.id, ())
        today = next((day for day in days if _is_on(day, date, now)), None)
        part = _part(found, date, today, now)
        part.append(_own(date, today or _next_of(days, now)))
    found.past.reverse()
    return found


def _part(found: OwnDates, date: Schedule, today: ScheduleDay | None, now: datetime) -> list[OwnDate]:
    if today and date.status == "published":
        return found.today
    if date.status == "published" and _has_begun(date, now):
        return found.to_mark
    return found.coming if date.ends_at >= now else found.past


def _has_begun(date: Schedule, now: datetime) -> bool:
    """From the morning of its first day on: the register is open."""
    return day_bounds(to_local(date.starts_at, date.time_zone).date(), date.time_zone)[0] <= now


def _is_on(day: ScheduleDay, date: Schedule, now: datetime) -> bool:
    return to_local(day.starts_at, date.time_zone).date() == to_local(now, date.time_zone).date()


def _next_of(days: Sequence[ScheduleDay], now: datetime) -> ScheduleDay | None:
    return next((day for day in days if day.ends_at >= now), days[-1] if days else None)


def _own(date: Schedule, day: ScheduleDay | None) -> OwnDate:
    starts, ends = (day.starts_at, day.ends_at) if day else (date.starts_at, date.ends_at)
    hours = f"{to_local(starts, date.time_zone):%H:%M}–{to_local(ends, date.time_zone):%H:%M}"
    venue = date.venue
    where = ", ".join(filter(None, (venue.name, venue.address_line1, venue.city, venue.postcode)))
    return OwnDate(date, hours, _day_words(date, day), where)


def _day_words(date: Schedule, day: ScheduleDay | None) -> str:
    """Which of its days, where it has more than one; "Mon 3 Mar 2026" of the rest."""
    if day is None:
        return say_instant(date.starts_at, date.time_zone)
    local = to_local(day.starts_at, date.time_zone).date()
    is_long = to_local(date.ends_at, date.time_zone).date() != to_local(date.starts_at, date.time_zone).date()
    return f"{say_date(local)}, day {day.day_number}" if is_long else say_date(local)
