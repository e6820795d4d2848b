"""The waiting lists as staff see them: the dates with one, and the parties of a date in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.times import say_instant, say_span
from backoffice.models import Course, Schedule, Venue, WaitingEntry, WaitingEntryDate
from backoffice.models.waiting_entry import OPEN

MOST_LISTED = 200


@dataclass(frozen=True)
class DateLine:
    """A coming date with a waiting list: parties and places that wait, and offers that are out (instants UTC)."""

    id: UUID
    course: str
    venue: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    capacity: int
    seats_taken: int
    parties: int
    places: int
    offers: int

    @property
    def when(self) -> str:
        return say_span(self.starts_at, self.ends_at, self.time_zone)

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken


@dataclass(frozen=True)
class PartyLine:
    """A party on the list of a date; `number` is its turn among those that wait, None for one that does not."""

    wish: WaitingEntryDate
    entry: WaitingEntry
    number: int | None
    others: int
    is_next: bool

    @property
    def held_until(self) -> str:
        booking = self.wish.booking
        if self.wish.status != "offered" or booking is None or booking.hold_expires_at is None:
            return ""
        return say_instant(booking.hold_expires_at, self.wish.schedule.time_zone)

    @property
    def waits(self) -> bool:
        """Whether an offer may be made: it waits, and has no offer elsewhere."""
        return self.wish.status == "waiting" and self.entry.status == "waiting"


def list_dates(now: datetime | None = None) -> list[DateLine]:
    """Coming dates for which somebody waits or has an offer, the next first; at most MOST_LISTED."""
    rows = db.session.execute(_dates(now or datetime.now(UTC)).limit(MOST_LISTED))
    return [DateLine(**row._mapping) for row in rows]


def _dates(now: datetime) -> Any:
    is_waiting = WaitingEntryDate.status == "waiting"
    return (
        select(
            Schedule.id,
            Course.title.label("course"),
            Venue.name.label("venue"),
            Schedule.starts_at,
            Schedule.ends_at,
            Schedule.time_zone,
            Schedule.capacity,
            Schedule.seats_taken,
            func.count().filter(is_waiting).label("parties"),
            func.coalesce(func.sum(case((is_waiting, WaitingEntry.places), else_=0)), 0).label("places"),
            func.count().filter(WaitingEntryDate.status == "offered").label("offers"),
        )
        .select_from(WaitingEntryDate)
        .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
        .join(Schedule, Schedule.id == WaitingEntryDate.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(WaitingEntryDate.status.in_(OPEN), Schedule.starts_at > now)
        .group_by(Schedule.id, Schedule.tenant_id, Course.title, Venue.name)
        .order_by(Schedule.starts_at, Schedule.id)
    )


def count_parties(schedule_id: UUID) -> int:
    """How many parties wait for a date."""
    is_waiting = WaitingEntryDate.schedule_id == schedule_id, WaitingEntryDate.status == "waiting"
    return db.session.scalar(select(func.count()).select_from(WaitingEntryDate).where(*is_waiting)) or 0


def list_parties(schedule: Schedule) -> list[PartyLine]:
    """Everybody who is or was on a date's list: offers first, who waits in their order, then the rest."""
    order = {"offered": 0, "waiting": 1}
    wishes = sorted(_wishes(schedule.id), key=lambda each: order.get(each.status, 2))
    lines, number, has_next = list[PartyLine](), 0, False
    for wish in wishes:
        waits = wish.status == "waiting"
        number += waits
        fits = wish.entry.places <= schedule.seats_left
        is_next = waits and wish.entry.status == "waiting" and fits and not has_next
        has_next = has_next or is_next
        lines.append(
            PartyLine(wish, wish.entry, number if waits else None, len(wish.entry.dates) - 1, is_next)
        )
    return lines


def _wishes(schedule_id: UUID) -> Sequence[WaitingEntryDate]:
    entry = joinedload(WaitingEntryDate.entry)
    return (
        db.session.scalars(
            select(WaitingEntryDate)
            .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
            .where(WaitingEntryDate.schedule_id == schedule_id)
            .options(
                entry.joinedload(WaitingEntry.dates),
                joinedload(WaitingEntryDate.booking),
                joinedload(WaitingEntryDate.schedule),
            )
            .order_by(*_turn())
            .limit(MOST_LISTED * 2)
            .execution_options(populate_existing=True)
        )
        .unique()
        .all()
    )


def _turn() -> tuple[Any, ...]:
    """Who joined first; of two at the same moment always the same one."""
    return WaitingEntry.joined_at, WaitingEntry.id
