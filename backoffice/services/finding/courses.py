"""The catalogue: published courses with their next dates, and what the page of one course says."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from backoffice.database import among, db
from backoffice.models import Course, CourseType, Schedule, Venue
from backoffice.services.finding import cache, on_sale, words
from backoffice.services.finding.filters import Filters
from backoffice.services.finding.on_sale import PublicDate

AT_ONCE = 24
_SLUG = re.compile(r"[a-z0-9-]{1,100}")
NEXT_DATES = 2


@dataclass(frozen=True)
class Card:
    """One course in the list; `lowest_minor` is the lowest price of a fitting date, otherwise the course's own."""

    id: UUID
    slug: str
    title: str
    course_type: str
    audience: str
    description: str
    duration_minutes: int
    day_count: int
    pricing: str
    lowest_minor: int
    currency: str
    has_many_prices: bool
    date_count: int
    towns: tuple[str, ...]
    next_dates: tuple[PublicDate, ...]
    picture_id: UUID | None


@dataclass(frozen=True)
class CardPage:
    """Some courses of the list, and how many there are in all."""

    cards: tuple[Card, ...]
    count: int


@dataclass(frozen=True)
class CoursePage:
    """What the page of a course says, besides its dates and who teaches it (`instructor_profiles.of_course`)."""

    id: UUID
    slug: str
    title: str
    course_type: str
    audience: str
    description: str
    outcomes: tuple[str, ...]
    syllabus: tuple[str, ...]
    duration_minutes: int
    day_count: int
    duration_weeks: int | None
    pricing: str
    price_minor: int
    gives_certificate: bool
    certificate_years: int | None
    minimum_age: int | None
    has_whitelist: bool
    capacity: int
    picture_id: UUID | None
    prerequisites: str
    requalifies: tuple[str, str] | None
    requalified_by: tuple[str, str] | None


def list_courses(filters: Filters, currency: str, now: datetime, *, page: int = 1) -> CardPage:
    """The courses that fit, those with the soonest dates first (`now` in UTC); dates have the places of now."""

    def build() -> CardPage:
        return _build(filters, currency, now, page)

    if not filters.is_common or page > 1:
        filters = words.look_up(filters)
        return build()
    known = cache.remembered(f"courses/{filters}/{page}", CardPage, build, is_worth=lambda made: made.cards)
    return replace(known, cards=_with_places(known.cards, now))


def find_course(slug: str) -> CoursePage | None:
    """The page of a published course, or None."""
    if not is_slug(slug):
        return None
    found = cache.remembered(f"course/{slug}", tuple[CoursePage, ...], lambda: _find(slug))
    return found[0] if found else None


def is_slug(text: str) -> bool:
    """Whether this can be the short name of a course: what cannot is not asked for."""
    return bool(_SLUG.fullmatch(text))


def _with_places(cards: tuple[Card, ...], now: datetime) -> tuple[Card, ...]:
    """The same cards with the places of now, asked for all of them together."""
    living = {
        each.id: each for each in on_sale.with_places([d for card in cards for d in card.next_dates], now)
    }
    return tuple(
        replace(card, next_dates=tuple(living[each.id] for each in card.next_dates if each.id in living))
        for card in cards
    )


def _build(filters: Filters, currency: str, now: datetime, page: int) -> CardPage:
    rows = db.session.execute(_ranked(filters, now).limit(AT_ONCE).offset((page - 1) * AT_ONCE)).all()
    count = rows[0].of_all if rows else 0
    dates = _next_dates([row.id for row in rows], filters, now)
    return CardPage(tuple(_card(row, currency, dates.get(row.id, ())) for row in rows), count)


def _ranked(filters: Filters, now: datetime) -> Select[Any]:
    """One row for each course, with what its fitting dates come to."""
    fitting = [*on_sale.about_place(filters)]
    if filters.most_minor is not None:
        fitting.append(on_sale.cheap_enough(Schedule, filters.most_minor))
    dates = (
        select(
            Schedule.course_id,
            func.count().label("date_count"),
            func.min(Schedule.starts_at).label("next_at"),
            func.min(Schedule.price_minor).label("lowest"),
            func.max(Schedule.price_minor).label("highest"),
            func.array_agg(func.distinct(Venue.city)).filter(Venue.city.is_not(None)).label("towns"),
        )
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(*on_sale.conditions(now), *fitting, *on_sale.about_course(filters))
        .group_by(Schedule.course_id)
        .subquery("dates")
    )
    wanted: Any = (
        select(
            Course.id,
            Course.slug,
            Course.title,
            CourseType.title.label("course_type"),
            Course.audience,
            func.coalesce(func.left(Course.description, 400), "").label("description"),
            Course.duration_minutes,
            Course.day_count,
            Course.pricing,
            Course.price_minor,
            Course.picture_id,
            func.coalesce(dates.c.date_count, 0).label("date_count"),
            dates.c.lowest,
            dates.c.highest,
            dates.c.towns,
            func.count().over().label("of_all"),
        )  # fmt: skip
        .join(CourseType, CourseType.id == Course.course_type_id)
        .outerjoin(dates, dates.c.course_id == Course.id)
        .where(*on_sale.of_courses(), *on_sale.about_course(filters), *_kept(filters, dates))
    )
    ranked: Select[Any] = wanted.order_by(
        *_best_first(filters), dates.c.next_at.nulls_last(), Course.title, Course.id
    )
    return ranked


def _kept(filters: Filters, dates: Any) -> list[ColumnElement[bool]]:
    """Which courses without a fitting date stay: all, unless a day, a town or a price was asked for."""
    has_date = dates.c.course_id.is_not(None)
    if filters.is_about_dates:
        return [has_date]
    if filters.most_minor is not None:
        return [
            or_(has_date, and_(on_sale.cheap_enough(Course, filters.most_minor), dates.c.course_id.is_(None)))
        ]
    return []


def _best_first(filters: Filters) -> list[Any]:
    """Courses whose title has the words come before those that speak of them."""
    title = func.lower(func.unaccent(Course.title))
    return [
        title.contains(word, autoescape=True).desc()
        for word in words.telling_words(filters.words).split()[:5]
    ]


def _next_dates(ids: list[UUID], filters: Filters, now: datetime) -> dict[UUID, tuple[PublicDate, ...]]:
    """The first fitting dates of each course, in one statement."""
    if not ids:
        return {}
    place = func.row_number().over(
        partition_by=Schedule.course_id, order_by=(Schedule.starts_at, Schedule.id)
    )
    # First which, then what they say: places and days are counted for the few that are shown.
    numbered = (
        on_sale.joined(select(Schedule.id, place.label("place")))
        .where(among(Schedule.course_id, ids), *on_sale.conditions(now), *on_sale.fitting(filters))
        .subquery()
    )
    first = select(numbered.c.id).where(numbered.c.place <= NEXT_DATES)
    shown = on_sale.query(Filters(), now).add_columns(Schedule.course_id).where(Schedule.id.in_(first))
    found: dict[UUID, tuple[PublicDate, ...]] = {}
    for row in db.session.execute(shown):
        values = dict(row._mapping)
        course_id = values.pop("course_id")
        found[course_id] = (*found.get(course_id, ()), PublicDate(**values))
    return found


def _card(row: Any, currency: str, dates: tuple[PublicDate, ...]) -> Card:
    lowest = row.lowest if row.lowest is not None else row.price_minor or 0
    return Card(
        id=row.id,
        slug=row.slug,
        title=row.title,
        course_type=row.course_type,
        audience=row.audience,
        description=row.description,
        duration_minutes=row.duration_minutes,
        day_count=row.day_count,
        pricing=row.pricing,
        lowest_minor=lowest,
        currency=currency,
        has_many_prices=row.highest is not None and row.highest != row.lowest,
        date_count=row.date_count,
        towns=tuple(sorted(row.towns or ())),
        next_dates=dates,
        picture_id=row.picture_id,
    )


def _find(slug: str) -> tuple[CoursePage, ...]:
    course = db.session.scalar(select(Course).where(Course.slug == slug, *on_sale.of_courses()))
    return (_page(course),) if course else ()


def _page(course: Course) -> CoursePage:
    return CoursePage(
        id=course.id,
        slug=course.slug,
        title=course.title,
        course_type=course.course_type.title,
        audience=course.audience,
        description=course.description or "",
        outcomes=tuple(course.outcomes),
        syllabus=tuple(course.syllabus),
        duration_minutes=course.duration_minutes,
        day_count=course.day_count,
        duration_weeks=course.duration_weeks,
        pricing=course.pricing,
        price_minor=course.price_minor or 0,
        gives_certificate=course.gives_certificate,
        certificate_years=course.certificate_years,
        minimum_age=course.minimum_age,
        has_whitelist=course.has_whitelist,
        capacity=course.capacity,
        picture_id=course.picture_id,
        prerequisites=course.prerequisites or "",
        requalifies=_link(Course.id == course.requalifies_course_id)
        if course.requalifies_course_id
        else None,
        requalified_by=_link(Course.requalifies_course_id == course.id),
    )


def _link(which: ColumnElement[bool]) -> tuple[str, str] | None:
    """Short name and title of the other course, if everybody may see it."""
    row = db.session.execute(
        select(Course.slug, Course.title)
        .where(which, *on_sale.of_courses())
        .order_by(Course.title, Course.id)
    ).first()
    return (row.slug, row.title) if row else None
