"""What the public reads of a course, and how much waits to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import Review

SHOWN_AT_ONCE = 6


@dataclass(frozen=True)
class Said:
    """One review as the public reads it."""

    rating: int
    words: str
    shown_as: str
    said_on: date


@dataclass(frozen=True)
class Summary:
    """How many reviews of a course are shown, their average (0 to 5) and the latest with words."""

    count: int
    average: Decimal | None
    latest: list[Said]


def of_course(course_id: UUID) -> Summary:
    """The shown reviews of a course."""
    is_shown = (Review.course_id == course_id, Review.status == "shown")
    count, average = db.session.execute(select(func.count(), func.avg(Review.rating)).where(*is_shown)).one()
    if not count:
        return Summary(0, None, [])
    rows = db.session.execute(
        select(Review.rating, Review.words, Review.shown_as, Review.created_at)
        .where(*is_shown, Review.words != "")
        .order_by(Review.created_at.desc(), Review.id)
        .limit(SHOWN_AT_ONCE)
    )
    latest = [Said(row.rating, row.words, row.shown_as, row.created_at.date()) for row in rows]
    return Summary(int(count), Decimal(average).quantize(Decimal("0.1")), latest)


def count_waiting() -> int:
    """How many reviews nobody has looked at yet."""
    return int(db.session.scalar(select(func.count()).where(Review.status == "waiting")) or 0)
