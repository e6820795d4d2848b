"""Whose turn it is: while a party waits that the free places of a date would seat, they are the list's.

The one place of this rule (docs/waiting-list.md): what the public pages show, and what a visitor's booking is asked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, and_, case, exists, func, literal, select

from backoffice.database import among, db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.models import Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services import outbox

TOPIC = "offer_places"
# Shortly before the start nobody is asked any more: who comes first has the place.
REST = timedelta(hours=1)
# Who takes places like any visitor of the public site.
VISITORS = ("customer", "api")
SENTENCE = "The places left on this date are kept for the waiting list: join it, or choose another date."


def is_kept(free: Any = None) -> ColumnElement[bool]:
    """Whether a party waits that so many free places (all that there are) of the date would seat.

    A criterion on the Schedule of the query.
    """
    if free is None:
        free = Schedule.capacity - Schedule.seats_taken
    return and_(
        # Said once more, so that a query without waiting lists ends here.
        free > 0,
        Schedule.starts_at > func.now() + literal(REST, Interval),
        exists()
        .where(
            WaitingEntryDate.tenant_id == Schedule.tenant_id,
            WaitingEntryDate.schedule_id == Schedule.id,
            WaitingEntryDate.status == "waiting",
            WaitingEntry.tenant_id == WaitingEntryDate.tenant_id,
            WaitingEntry.id == WaitingEntryDate.entry_id,
            WaitingEntry.status == "waiting",
            WaitingEntry.places <= free,
        )
        .correlate(Schedule),
    )


def seats_for_public() -> ColumnElement[int]:
    """The places of a date that a visitor can book: none while they are kept for the list."""
    free = Schedule.capacity - Schedule.seats_taken
    return case((is_kept(), 0), else_=free)


def list_kept(schedule_ids: Collection[UUID]) -> set[UUID]:
    """Those of these dates whose free places are the list's."""
    if not schedule_ids:
        return set()
    return set(
        db.session.scalars(select(Schedule.id).where(among(Schedule.id, list(schedule_ids)), is_kept()))
    )


def keeps(schedule_id: UUID) -> bool:
    """Whether the free places of this date are the list's."""
    return bool(db.session.scalar(select(is_kept()).where(Schedule.id == schedule_id)))


def check(schedule_id: UUID, free: int, actor: Actor, own: int = 0) -> None:
    """A visitor does not take what a waiting party is about to be offered; staff may. Raises Refused waiting_first.

    `free` are the places that the caller has read: when an offer has taken them meanwhile they still count, so that
    an offer that comes and goes between the two looks leaves no gap. `own` of them are the visitor's, who changes what
    is held: they are offered to nobody.
    """
    if actor.kind not in VISITORS:
        return
    most = func.greatest(Schedule.capacity - Schedule.seats_taken, free) - own
    if db.session.scalar(select(is_kept(most)).where(Schedule.id == schedule_id)):
        raise Refused("waiting_first", SENTENCE, field="places")


def places_freed(*schedule_ids: UUID) -> None:
    """Places of these dates come free with this transaction: who waits for them is offered them right after it."""
    wanted = (
        select(WaitingEntryDate.schedule_id)
        .where(WaitingEntryDate.schedule_id.in_(schedule_ids), WaitingEntryDate.status == "waiting")
        .distinct()
    )
    for schedule_id in db.session.scalars(wanted).all():
        outbox.promise(TOPIC, schedule_id=str(schedule_id))


def was_offer(booking_id: UUID) -> bool:
    """Whether a booking came of the waiting list."""
    wanted = select(WaitingEntryDate.id).where(WaitingEntryDate.booking_id == booking_id)
    return db.session.scalar(wanted) is not None
