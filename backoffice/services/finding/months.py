"""One month of coming dates, day by day and course by course."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Select, func, select

from backoffice.database import db
from backoffice.models import Course, Schedule
from backoffice.services import waiting_turn
from backoffice.services.finding import cache, on_sale, words
from backoffice.services.finding.filters import Filters

# How far ahead one can turn the pages: nobody plans further, and a machine that follows "next month" ends somewhere.
MOST_MONTHS_AHEAD = 36


@dataclass(frozen=True)
class CourseOnDay:
    """A course that begins on a day: how many dates, the first of them, and whether any had a place when asked."""

    course_id: UUID
    slug: str
    title: str
    count: int
    starts_at: datetime
    time_zone: str
    has_places: bool


@dataclass(frozen=True)
class Day:
    """A day with what begins on it."""

    day: date
    courses: tuple[CourseOnDay, ...]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.courses)


@dataclass(frozen=True)
class Month:
    """The days of a month that have dates, and where the next dates before and after it are (None: nowhere)."""

    days: tuple[Day, ...]
    next_day: date | None

    @property
    def courses(self) -> list[tuple[UUID, str, str]]:
        """Each course of the month once, by title: id, short name, title."""
        found = {
            each.course_id: (each.course_id, each.slug, each.title)
            for day in self.days
            for each in day.courses
        }
        return sorted(found.values(), key=lambda course: (course[2].lower(), course[1]))

    @property
    def count(self) -> int:
        return sum(each.count for each in self.days)


def get_month(first: date, filters: Filters, now: datetime) -> Month:
    """What begins in the month of `first` (its first day), as of at most a minute ago (`now` in UTC)."""
    if not filters.is_common:
        return _build(first, words.look_up(filters), now)
    # Whether a day still has places is shown as well: remembered for a minute only.
    return cache.remembered(
        f"month/{first}/{filters}/{int(now.timestamp()) // 60}",
        Month,
        lambda: _build(first, filters, now),
        is_worth=lambda month: month.days,
    )


def _build(first: date, filters: Filters, now: datetime) -> Month:
    days: dict[date, list[CourseOnDay]] = {}
    for row in db.session.execute(_query(first, filters, now)):
        values = dict(row._mapping)
        days.setdefault(values.pop("day"), []).append(CourseOnDay(**values))
    found = tuple(Day(day, tuple(courses)) for day, courses in days.items())
    return Month(found, None if found else _next_day(first, filters, now))


def _query(first: date, filters: Filters, now: datetime) -> Select[Any]:
    local = func.timezone(Schedule.time_zone, Schedule.starts_at).cast(Date)
    begin, end = _around(first)
    day = local.label("day")
    wanted = select(
        day,
        Course.id.label("course_id"),
        Course.slug,
        Course.title,
        func.count().label("count"),
        func.min(Schedule.starts_at).label("starts_at"),
        func.min(Schedule.time_zone).label("time_zone"),
        func.bool_or(waiting_turn.seats_for_public() > 0).label("has_places"),
    )
    return (
        on_sale.joined(wanted)
        .where(
            *on_sale.conditions(now),
            *on_sale.fitting(filters),
            local.between(first, last_of(first)),
            Schedule.starts_at.between(begin, end),
        )
        .group_by(day, Course.id, Course.slug, Course.title)
        .order_by(day, func.min(Schedule.starts_at), Course.title, Course.id)
    )


def _next_day(first: date, filters: Filters, now: datetime) -> date | None:
    """The first day after an empty month on which something begins."""
    local = func.timezone(Schedule.time_zone, Schedule.starts_at).cast(Date)
    return db.session.scalar(
        on_sale.joined(select(local))
        .where(*on_sale.conditions(now), *on_sale.fitting(filters), local > last_of(first))
        .order_by(Schedule.starts_at)
        .limit(1)
    )


def last_of(first: date) -> date:
    """The last day of the month."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _around(first: date) -> tuple[datetime, datetime]:
    """Instants around the month, for the index: no clock is further than a day from UTC."""
    begin = datetime.combine(first, time(), UTC) - timedelta(days=1)
    return begin, datetime.combine(last_of(first), time(), UTC) + timedelta(days=2)
