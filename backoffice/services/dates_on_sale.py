"""The dates that can be sold now, as the desk lists them while the caller waits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from backoffice.database import db
from backoffice.domain.times import local_to_utc, say_span
from backoffice.models import (
    Course,
    CourseType,
    Instructor,
    Schedule,
    ScheduleDay,
    ScheduleDayInstructor,
    Tenant,
    Venue,
)

MOST = 60
MOST_WORDS = 8


@dataclass(frozen=True)
class Wanted:
    """What the caller asks for: words that all occur in course, town, venue, teacher or day; or the filters."""

    words: str = ""
    course_id: UUID | None = None
    town: str = ""
    from_day: date | None = None
    schedule_id: UUID | None = None


@dataclass(frozen=True)
class OfferedDate:
    """One date with its live places (amounts in minor units, instants UTC)."""

    id: UUID
    course: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    days: int
    town: str
    venue: str
    instructors: str
    seats_left: int
    capacity: int
    pricing: str
    price_minor: int
    currency: str
    minimum_age: int | None
    has_whitelist: bool
    prerequisites: str | None = None

    @property
    def when(self) -> str:
        return say_span(self.starts_at, self.ends_at, self.time_zone)


def list_dates(wanted: Wanted, tenant: Tenant, now: datetime | None = None) -> list[OfferedDate]:
    """Published dates that have not started, the next first, full ones included; at most MOST."""
    rows = db.session.execute(_query(wanted, tenant, now or datetime.now(UTC)).limit(MOST))
    return [_offered(row) for row in rows]


def find_date(schedule_id: UUID, tenant: Tenant, now: datetime | None = None) -> OfferedDate | None:
    """One date, if it is on sale."""
    found = list_dates(Wanted(schedule_id=schedule_id), tenant, now)
    return found[0] if found else None


def list_choices(tenant: Tenant, now: datetime | None = None) -> tuple[list[tuple[UUID, str]], list[str]]:
    """Courses and towns that have a date on sale, for the filters."""
    on_sale = _on_sale(now or datetime.now(UTC))
    courses = db.session.execute(
        select(Course.id, Course.title)
        .where(Course.id.in_(select(Schedule.course_id).where(*on_sale)))
        .order_by(Course.title)
    )
    towns = db.session.scalars(
        select(Venue.city)
        .where(Venue.id.in_(select(Schedule.venue_id).where(*on_sale)), Venue.city.is_not(None))
        .distinct()
        .order_by(Venue.city)
    )
    return [(row.id, row.title) for row in courses], [town for town in towns if town]


def _on_sale(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Schedule.status == "published", Schedule.starts_at > now, Schedule.is_private.is_(False)


def _query(wanted: Wanted, tenant: Tenant, now: datetime) -> Select[Any]:
    teachers = _teachers().label("instructors")
    days = select(func.count()).where(ScheduleDay.schedule_id == Schedule.id).scalar_subquery().label("days")
    query = (
        select(
            Schedule.id,
            Course.title,
            Schedule.starts_at,
            Schedule.ends_at,
            Schedule.time_zone,
            days,
            Venue.city,
            Venue.name.label("venue"),
            teachers,
            (Schedule.capacity - Schedule.seats_taken).label("seats_left"),
            Schedule.capacity,
            Schedule.pricing,
            Schedule.price_minor,
            Schedule.currency,
            Course.minimum_age,
            Course.has_whitelist,
            Course.prerequisites,
        )  # fmt: skip
        .join(Course, Course.id == Schedule.course_id)
        .join(CourseType, CourseType.id == Course.course_type_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(*_on_sale(now))
        .order_by(Schedule.starts_at, Schedule.id)
    )
    if wanted.schedule_id:
        query = query.where(Schedule.id == wanted.schedule_id)
    if wanted.course_id:
        query = query.where(Schedule.course_id == wanted.course_id)
    if wanted.town:
        query = query.where(Venue.city == wanted.town)
    if wanted.from_day:
        query = query.where(Schedule.starts_at >= local_to_utc(wanted.from_day, time(), tenant.time_zone))
    return query.where(*_says(wanted.words))


def _says(words: str) -> list[ColumnElement[bool]]:
    """Each word occurs somewhere in what the row shows; "sat 14 mar leeds" is a way to say which."""
    local = func.timezone(Schedule.time_zone, Schedule.starts_at)
    line = func.concat_ws(
        " ", "", CourseType.code, Course.title, Venue.city, Venue.name, Schedule.code,
        func.to_char(local, "FMDay FMDD FMMonth YYYY FMDD/FMMM/YYYY"), _teachers(),
    )  # fmt: skip
    shown = func.lower(func.unaccent(line))
    wanted = words.split()[:MOST_WORDS]
    return [
        shown.contains(func.lower(func.unaccent(f" {word}")), autoescape=False)
        for word in map(_plain, wanted)
    ]


def _plain(word: str) -> str:
    return word.replace("\\", "").replace("%", "").replace("_", "")


def _teachers() -> Any:
    return (
        select(func.string_agg(Instructor.name.distinct(), ", "))
        .join(ScheduleDayInstructor, ScheduleDayInstructor.instructor_id == Instructor.id)
        .join(ScheduleDay, ScheduleDay.id == ScheduleDayInstructor.schedule_day_id)
        .where(ScheduleDay.schedule_id == Schedule.id)
        .correlate(Schedule)
        .scalar_subquery()
    )


def _offered(row: Any) -> OfferedDate:
    return OfferedDate(
        id=row.id,
        course=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        days=row.days,
        town=row.city or "",
        venue=row.venue,
        instructors=row.instructors or "",
        seats_left=row.seats_left,
        capacity=row.capacity,
        pricing=row.pricing,
        price_minor=row.price_minor or 0,
        currency=row.currency,
        minimum_age=row.minimum_age,
        has_whitelist=row.has_whitelist,
        prerequisites=row.prerequisites,
    )
