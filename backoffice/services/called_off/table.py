"""Who was on a called-off date, what they chose, and who has not answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.models import Booking, Refund, ScheduleChoice

MOST = 500


@dataclass(frozen=True)
class Line:
    """A choice, the money that still lies on its booking (minor units), and the refunds that came of it."""

    choice: ScheduleChoice
    held_minor: int
    refunds: Sequence[Refund]


@dataclass(frozen=True)
class Counts:
    """How many chose what on one date."""

    by_status: dict[str, int]

    @property
    def asked(self) -> int:
        return sum(self.by_status.values())

    @property
    def waiting(self) -> int:
        return self.by_status.get("open", 0)


def count(schedule_id: UUID) -> Counts:
    """How the bookers of a date chose."""
    rows = db.session.execute(
        select(ScheduleChoice.status, func.count())
        .where(ScheduleChoice.schedule_id == schedule_id)
        .group_by(ScheduleChoice.status)
    )
    return Counts({status: int(number) for status, number in rows})


def list_lines(schedule_id: UUID) -> list[Line]:
    """The choices of a date, who has not answered first; at most MOST."""
    choices = db.session.scalars(
        select(ScheduleChoice)
        .options(
            joinedload(ScheduleChoice.booking),
            joinedload(ScheduleChoice.moved_booking).joinedload(Booking.schedule),
            joinedload(ScheduleChoice.answered_by),
        )
        .where(ScheduleChoice.schedule_id == schedule_id)
        .order_by((ScheduleChoice.status != "open"), ScheduleChoice.id)
        .limit(MOST)
    ).all()
    given = _refunds([choice.booking_id for choice in choices])
    return [Line(choice, _held(choice.booking), given.get(choice.booking_id, ())) for choice in choices]


def _held(booking: Booking) -> int:
    return max(booking.paid_minor - booking.refunded_minor, 0)


def _refunds(booking_ids: Sequence[UUID]) -> dict[UUID, list[Refund]]:
    found = db.session.scalars(select(Refund).where(Refund.booking_id.in_(booking_ids)).order_by(Refund.id))
    by_booking: dict[UUID, list[Refund]] = {}
    for refund in found:
        if refund.booking_id:
            by_booking.setdefault(refund.booking_id, []).append(refund)
    return by_booking
