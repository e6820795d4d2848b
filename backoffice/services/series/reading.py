"""Series and their dates, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.recurrence import Rule, say_rule
from backoffice.models import Schedule, ScheduleDay, ScheduleDayInstructor, ScheduleSeries

LIST_MAXIMUM = 200


@dataclass(frozen=True)
class Line:
    """A series in the list; `coming` of its dates are still to come, the next of them at `next_at` (UTC)."""

    series: ScheduleSeries
    dates: int
    coming: int
    next_at: datetime | None


def find_series(series_id: UUID) -> ScheduleSeries | None:
    """The series with its course and venue."""
    return db.session.scalar(
        select(ScheduleSeries)
        .options(joinedload(ScheduleSeries.course), joinedload(ScheduleSeries.venue))
        .where(ScheduleSeries.id == series_id)
    )


def list_dates(series_id: UUID) -> list[Schedule]:
    """The dates of a series in order, with their venue, days and instructors."""
    return list(
        db.session.scalars(
            select(Schedule)
            .options(
                joinedload(Schedule.venue),
                joinedload(Schedule.course),
                joinedload(Schedule.days)
                .joinedload(ScheduleDay.instructors)
                .joinedload(ScheduleDayInstructor.instructor),
            )
            .where(Schedule.series_id == series_id)
            .order_by(Schedule.starts_at, Schedule.id)
            # Whoever is about to change them has waited for their locks: what was read before may be old.
            .execution_options(populate_existing=True)
        ).unique()
    )


def list_series() -> list[Line]:
    """The latest series, those with dates to come first, the soonest of them on top."""
    now = datetime.now(UTC)
    is_coming = (Schedule.starts_at > now) & Schedule.status.in_(("draft", "published"))
    next_at = func.min(Schedule.starts_at).filter(is_coming)
    counts = (
        select(Schedule.series_id, func.count(), func.count().filter(is_coming), next_at)
        .where(Schedule.series_id.is_not(None))
        .group_by(Schedule.series_id)
    ).subquery("counts")
    rows = db.session.execute(
        select(ScheduleSeries, *list(counts.c)[1:])
        .join(counts, counts.c.series_id == ScheduleSeries.id)
        .options(joinedload(ScheduleSeries.course), joinedload(ScheduleSeries.venue))
        .order_by(list(counts.c)[3].asc().nulls_last(), ScheduleSeries.id.desc())
        .limit(LIST_MAXIMUM)
    )
    return [Line(*row) for row in rows]


def say_series(series: ScheduleSeries) -> str:
    """How it was planned, in words."""
    return say_rule(Rule.from_json(series.rule))
