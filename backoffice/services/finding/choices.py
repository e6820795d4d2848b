"""What the filters offer: only what leads somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Course, CourseType, Schedule, Venue
from backoffice.services.finding import cache, on_sale


@dataclass(frozen=True)
class Choices:
    """Types of published courses (code, title), towns with a coming date, and for whom there is a course."""

    types: tuple[tuple[str, str], ...]
    towns: tuple[str, ...]
    has_online: bool
    audiences: tuple[str, ...]


def list_choices(now: datetime) -> Choices:
    """The choices of the filters (`now` in UTC)."""
    return cache.remembered("choices", Choices, lambda: _build(now))


def _build(now: datetime) -> Choices:
    published = on_sale.of_courses()
    types = db.session.execute(
        select(CourseType.code, CourseType.title)
        .where(CourseType.id.in_(select(Course.course_type_id).where(*published)))
        .order_by(CourseType.title, CourseType.code)
    )
    coming = (
        select(Schedule.venue_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(*on_sale.conditions(now))
    )
    places = db.session.execute(
        select(Venue.city, Venue.kind).where(Venue.id.in_(coming)).distinct().order_by(Venue.city)
    ).all()
    audiences = db.session.scalars(select(Course.audience).where(*published).distinct())
    return Choices(
        types=tuple((row.code, row.title) for row in types),
        towns=tuple(dict.fromkeys(row.city for row in places if row.city)),
        has_online=any(row.kind == "online" for row in places),
        audiences=tuple(sorted(audiences)),
    )
