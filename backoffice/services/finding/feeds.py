"""Coming dates as a calendar feed: of one course, of one venue, or all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from backoffice.database import db
from backoffice.documents.calendar_feed import FeedEvent, calendar_feed
from backoffice.models import Course, Schedule, ScheduleDay, Venue
from backoffice.services.finding import cache, courses, on_sale
from backoffice.services.finding.filters import Filters

# A calendar program takes a feed whole, each hour: more is not read by anybody.
MOST_DAYS = 300


@dataclass(frozen=True)
class Feed:
    """The text of a feed, remembered as a whole."""

    text: str


def of_everything(provider: str, base_url: str, now: datetime) -> Feed:
    """The next days of every course (`now` in UTC)."""
    return _remembered("all", provider, base_url, now)


def of_course(slug: str, provider: str, base_url: str, now: datetime) -> Feed | None:
    """The next days of a published course; None for any other."""
    title = courses.is_slug(slug) and db.session.scalar(
        select(Course.title).where(Course.slug == slug, *on_sale.of_courses())
    )
    if not title:
        return None
    return _remembered(f"course/{slug}", f"{title} · {provider}", base_url, now, Course.slug == slug)


def of_venue(venue_id: UUID, provider: str, base_url: str, now: datetime) -> Feed | None:
    """The next days at a venue; None for one that is not there, or put away."""
    wanted = select(Venue.name).where(Venue.id == venue_id, Venue.archived_at.is_(None))
    name = db.session.scalar(wanted)
    if name is None:
        return None
    return _remembered(f"venue/{venue_id}", f"{name} · {provider}", base_url, now, Venue.id == venue_id)


def _remembered(key: str, name: str, base_url: str, now: datetime, *which: ColumnElement[bool]) -> Feed:
    return cache.remembered(
        f"feed/{key}/{name}/{base_url}", Feed, lambda: Feed(_text(name, base_url, now, which))
    )


def _text(name: str, base_url: str, now: datetime, which: tuple[ColumnElement[bool], ...]) -> str:
    rows = db.session.execute(_query(now).where(*which).limit(MOST_DAYS))
    return calendar_feed(name, [_event(row, base_url) for row in rows]).decode()


def _query(now: datetime) -> Select[Any]:
    each = aliased(ScheduleDay)
    days = select(func.count()).where(each.schedule_id == Schedule.id).correlate(Schedule).scalar_subquery()
    wanted: Any = select(
        Schedule.id,
        ScheduleDay.day_number,
        ScheduleDay.starts_at,
        ScheduleDay.ends_at,
        Schedule.updated_at,
        Course.slug,
        Course.title,
        Venue.name.label("venue"),
        Venue.kind,
        Venue.address_line1,
        Venue.city,
        Venue.postcode,
        days.label("days"),
    )
    return (
        on_sale.joined(wanted)
        .join(ScheduleDay, ScheduleDay.schedule_id == Schedule.id)
        .where(*on_sale.conditions(now), *on_sale.fitting(Filters()))
        .order_by(Schedule.starts_at, Schedule.id, ScheduleDay.day_number)
    )


def _event(row: Any, base_url: str) -> FeedEvent:
    of_days = f" (day {row.day_number} of {row.days})" if row.days > 1 else ""
    url = f"{base_url}/course/{row.slug}"
    parts = (row.venue, row.address_line1, row.city, row.postcode)
    return FeedEvent(
        uid=f"{row.id}-{row.day_number}@dates",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=row.updated_at,
        summary=f"{row.title}{of_days}",
        description=f"Free places and booking: {url}",
        location=row.venue if row.kind == "online" else ", ".join(filter(None, parts)),
        url=url,
    )
