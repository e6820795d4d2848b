"""What the database says of the places of dates that anybody may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import among, db
from backoffice.models import Course, Schedule
from backoffice.services import waiting_turn
from backoffice.services.finding import on_sale
from backoffice.services.live import intents

MOST_IDS = 60


@dataclass(frozen=True)
class Told:
    """What a page is told of a date; `others` are those who are booking it besides the reader."""

    left: int
    capacity: int
    is_open: bool
    others: int = 0


@dataclass(frozen=True)
class Look:
    """A date as it is now. `bookers` are those who are booking it, as `intents` names them."""

    left: int
    capacity: int
    is_open: bool
    bookers: frozenset[str] = frozenset()

    def told_to(self, visitor: str) -> Told:
        """Its places; how many others are booking it is told to those who say who they are, for they are not others."""
        others = intents.others(self.bookers, visitor) if visitor else 0
        return Told(self.left, self.capacity, self.is_open, others)


def look(
    schedule_ids: Collection[UUID], bookers_of: Collection[UUID] = (), now: datetime | None = None
) -> dict[UUID, Look]:
    """The public dates among these ids of this tenant, some with their bookers. Private ones and drafts are left out."""
    if not schedule_ids:
        return {}
    now = now or datetime.now(UTC)
    rows = _rows(schedule_ids)
    bookers = intents.list_bookers([row.id for row in rows if row.id in bookers_of], now)
    return {
        row.id: Look(row.left, row.capacity, _is_open(row, now), bookers.get(row.id, frozenset()))
        for row in rows
    }


def _rows(schedule_ids: Collection[UUID]) -> Sequence[Any]:
    left = waiting_turn.seats_for_public().label("left")
    return db.session.execute(
        select(Schedule.id, Schedule.capacity, left, Schedule.status, Schedule.starts_at)
        .join(Course, Course.id == Schedule.course_id)
        .where(among(Schedule.id, list(schedule_ids)), *on_sale.ever_shown())
    ).all()


def _is_open(row: Any, now: datetime) -> bool:
    return bool(row.status == "published" and row.starts_at > now)
