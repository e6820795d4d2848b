"""Which dates everybody may see, and what is shown of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, func, or_, select

from backoffice.database import among, db
from backoffice.domain.times import say_span
from backoffice.models import Course, CourseType, Schedule, ScheduleDay, Venue
from backoffice.services import waiting_turn
from backoffice.services.finding import words
from backoffice.services.finding.filters import ONLINE, Filters

# A draft was never shown to anybody; what was published once may be told to be over.
SHOWN = ("published", "completed", "cancelled")


@dataclass(frozen=True)
class PublicDate:
    """One date as the public sees it: instants in UTC, the price in minor units, places as they were when asked for."""

    id: UUID
    slug: str
    course: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    days: int
    town: str
    venue: str
    venue_kind: str
    pricing: str
    price_minor: int
    currency: str
    capacity: int
    seats_left: int
    has_whitelist: bool

    @property
    def when(self) -> str:
        return say_span(self.starts_at, self.ends_at, self.time_zone)

    @property
    def where(self) -> str:
        """Town and room; the town alone where the room's name has it already."""
        if self.venue_kind == "online":
            return self.venue
        return f"{self.town}, {self.venue}" if self.town and self.town not in self.venue else self.venue

    @property
    def is_full(self) -> bool:
        return self.seats_left <= 0


def conditions(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes a date one that everybody may see; for queries that join Schedule and Course (`now` in UTC)."""
    return (
        Schedule.status == "published",
        Schedule.starts_at > now,
        *of_everybody(),
    )


def ever_shown() -> tuple[ColumnElement[bool], ...]:
    """What makes a date one that everybody may know of, though it be over by now."""
    return Schedule.status.in_(SHOWN), *of_everybody()


def of_everybody() -> tuple[ColumnElement[bool], ...]:
    """Neither a company's own date nor one of a course that is not shown."""
    return Schedule.is_private.is_(False), *of_courses()


def of_courses() -> tuple[ColumnElement[bool], ...]:
    """What makes a course one that everybody may see."""
    return Course.is_published.is_(True), Course.archived_at.is_(None)


def query(filters: Filters, now: datetime) -> Select[Any]:
    """The dates that fit, as rows of `PublicDate`, the next first."""
    days = select(func.count()).where(ScheduleDay.schedule_id == Schedule.id).scalar_subquery()
    wanted = select(
        Schedule.id,
        Course.slug,
        Course.title.label("course"),
        Schedule.starts_at,
        Schedule.ends_at,
        Schedule.time_zone,
        days.label("days"),
        func.coalesce(Venue.city, "").label("town"),
        Venue.name.label("venue"),
        Venue.kind.label("venue_kind"),
        Schedule.pricing,
        func.coalesce(Schedule.price_minor, 0).label("price_minor"),
        Schedule.currency,
        Schedule.capacity,
        waiting_turn.seats_for_public().label("seats_left"),
        Course.has_whitelist,
    )
    return joined(wanted).where(*conditions(now), *fitting(filters)).order_by(Schedule.starts_at, Schedule.id)


def joined(wanted: Select[Any]) -> Select[Any]:
    """The tables that `conditions` and `fitting` speak of."""
    return (
        wanted.select_from(Schedule)
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
    )


def fitting(filters: Filters) -> list[ColumnElement[bool]]:
    """The wishes as conditions on a date."""
    found = [*about_course(filters), *about_place(filters)]
    if filters.most_minor is not None:
        found.append(cheap_enough(Schedule, filters.most_minor))
    return found


def about_course(filters: Filters) -> list[ColumnElement[bool]]:
    """The wishes that speak of the course."""
    found: list[ColumnElement[bool]] = []
    if filters.type_code:
        types = select(CourseType.id).where(CourseType.code == filters.type_code)
        found.append(Course.course_type_id.in_(types))
    if filters.audience:
        found.append(Course.audience == filters.audience)
    if filters.course:
        found.append(Course.slug == filters.course)
    if filters.words:
        found.append(among(Course.id, words.look_up(filters).course_ids or ()))
    return found


def about_place(filters: Filters) -> list[ColumnElement[bool]]:
    """The wishes that speak of where and when."""
    found: list[ColumnElement[bool]] = []
    if filters.town == ONLINE:
        found.append(Venue.kind == "online")
    elif filters.town:
        found.append(Venue.city == filters.town)
    local = func.timezone(Schedule.time_zone, Schedule.starts_at).cast(Date)
    # The instants beside the days are for the index: no clock is further than a day from UTC.
    if filters.from_day:
        begin = datetime.combine(filters.from_day, time(), UTC) - timedelta(days=1)
        found.append(and_(local >= filters.from_day, Schedule.starts_at >= begin))
    if filters.until_day:
        end = datetime.combine(filters.until_day, time(), UTC) + timedelta(days=2)
        found.append(and_(local <= filters.until_day, Schedule.starts_at < end))
    return found


def cheap_enough(priced: Any, most_minor: int) -> ColumnElement[bool]:
    """A date or a course that costs no more; what is priced on request is in nobody's range."""
    return or_(priced.pricing == "free", and_(priced.pricing == "priced", priced.price_minor <= most_minor))


def as_date(row: Any) -> PublicDate:
    """The row of a `query` as a date."""
    return PublicDate(**row._mapping)


def with_places(dates: Iterable[PublicDate], now: datetime) -> list[PublicDate]:
    """Dates that were remembered, with the places they have now; without those that are on sale no more."""
    known = list(dates)
    left = places([each.id for each in known], now)
    return [
        replace(each, capacity=left[each.id][0], seats_left=left[each.id][1])
        for each in known
        if each.id in left
    ]


def places(ids: list[UUID], now: datetime) -> Mapping[UUID, tuple[int, int]]:
    """(capacity, places that a visitor can book now) of those dates that everybody may see."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(Schedule.id, Schedule.capacity, waiting_turn.seats_for_public())
        .join(Course, Course.id == Schedule.course_id)
        .where(among(Schedule.id, ids), *conditions(now))
    )
    return {row[0]: (row[1], row[2]) for row in rows}
