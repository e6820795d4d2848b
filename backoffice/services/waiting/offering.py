"""Free places are offered to who waits, in order: each offer is a pending booking, held, counted like any other.

The row of a party is the turnstile of its offers; the database counts the places. Whatever runs at once, a party has
one offer, and no date more bookings than places.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.errors import IntegrityError as Broken
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from backoffice.database import db, lock_row
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import DomainError, NotFound, Refused, from_constraint
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Schedule, Tenant, WaitingEntry, WaitingEntryDate
from backoffice.services import bookings, live, messages, waiting_turn, work_items
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.waiting.history import note
from backoffice.services.waiting.hours import ends_at
from backoffice.services.waiting.mails import ENDED, OFFER
from backoffice.tenancy import current_tenant_id

# Who is first may change while its row is waited for.
LOOKS = 20


def look_after(schedule_id: UUID, now: datetime | None = None) -> bool:
    """What is to be done for a date's list, one step of it: an offer, or its end. False when nothing is."""
    now = now or datetime.now(UTC)
    schedule = _schedule(schedule_id)
    if schedule.status in ("completed", "cancelled") or schedule.starts_at <= now:
        return close_date(schedule, now) > 0
    return offer_next(schedule_id, now)


def offer_next(schedule_id: UUID, now: datetime | None = None) -> bool:
    """Offer places to the first party that they seat; False when there are none, or nobody waits whom they seat.

    True as well for a party that cannot be offered anything: it is set aside, and somebody looks at it.
    """
    now = now or datetime.now(UTC)
    found = _first(schedule_id)
    for _ in range(LOOKS):
        if found is None:
            return False
        lock_row(WaitingEntry, WaitingEntry.id == found.entry_id)
        again = _first(schedule_id)  # an offer that was on its way is in by now
        if again is not None and again.id == found.id:
            return _try(again, SYSTEM, now)
        found = again
    return False


def pick(wish_id: UUID, reason: str, actor: Actor, now: datetime | None = None) -> WaitingEntryDate:
    """Offer places to a party that somebody chose, whoever's turn it is; written down with how many it passed.

    Raises Forbidden, Invalid (a reason, where others would be first), NotFound, Refused (fully_booked, not_waiting …).
    """
    actor.require("booking.place")
    now = now or datetime.now(UTC)
    wish = _locked(wish_id)
    passed = _count_before(wish)
    said = clean_line(reason, field="reason", maximum=500, required=passed > 0)
    refuse_card_number(said, field="reason")
    _offer(wish, actor, now)
    note(actor, "pick", wish.entry, passed_over=passed, **({"reason": said} if said else {}))
    return wish


def close_date(schedule: Schedule, now: datetime) -> int:
    """Nobody waits for a date any more that has begun or was called off; how many did. The latter is mailed."""
    ended = db.session.scalars(
        update(WaitingEntryDate)
        .where(WaitingEntryDate.schedule_id == schedule.id, WaitingEntryDate.status == "waiting")
        .values(status="ended", updated_at=func.now())
        .returning(WaitingEntryDate.entry_id),
        execution_options={"synchronize_session": False},
    ).all()
    for entry_id in ended:
        entry = db.session.get_one(WaitingEntry, entry_id, populate_existing=True)
        _end_without_dates(entry, now)
        if schedule.status == "cancelled":
            _tell_called_off(entry, schedule)
    return len(ended)


def _end_without_dates(entry: WaitingEntry, now: datetime) -> None:
    if entry.status == "waiting" and not any(each.status in ("waiting", "offered") for each in entry.dates):
        entry.status, entry.ended_at = "ended", now
        db.session.flush()
        note(SYSTEM, "end", entry)


def _tell_called_off(entry: WaitingEntry, schedule: Schedule) -> None:
    messages.queue(
        ENDED,
        recipient=entry.contact_email,
        recipient_name=entry.contact_name,
        user_id=entry.customer_id,
        data={"waiting_entry_id": str(entry.id), "schedule_id": str(schedule.id)},
        once_key=f"waiting_ended:{entry.id}:{schedule.id}",
        actor=SYSTEM,
    )


# --- Pieces ---


def _first(schedule_id: UUID) -> Any:
    """The wish that is first of those whom the free places seat; places and parties as of one moment."""
    return db.session.execute(_fitting(schedule_id).limit(1)).first()


def _fitting(schedule_id: UUID) -> Any:
    return (
        select(WaitingEntryDate.id, WaitingEntryDate.entry_id)
        .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
        .join(Schedule, Schedule.id == WaitingEntryDate.schedule_id)
        .where(
            WaitingEntryDate.schedule_id == schedule_id,
            WaitingEntryDate.status == "waiting",
            WaitingEntry.status == "waiting",
            WaitingEntry.places <= Schedule.capacity - Schedule.seats_taken,
            Schedule.status == "published",
            Schedule.pricing != "on_request",
            Schedule.starts_at > func.now() + waiting_turn.REST,
        )
        .order_by(WaitingEntry.joined_at, WaitingEntry.id)
    )


def _try(found: Any, actor: Actor, now: datetime) -> bool:
    wish = db.session.get_one(WaitingEntryDate, found.id, populate_existing=True)
    try:
        _offer(wish, actor, now)
    except DomainError as error:
        if error.code in ("fully_booked", "not_on_sale", "called_off"):
            return False  # somebody was quicker, or the date went off sale at this moment
        _set_aside(wish, error.message, now)
    return True


def _offer(wish: WaitingEntryDate, actor: Actor, now: datetime) -> None:
    """The booking with its hold, the party's new state and the mail: all of it or nothing. Raises DomainError."""
    entry = wish.entry
    try:
        with db.session.begin_nested():
            placed = bookings.place(_order(wish, entry, now), SYSTEM, now)
            wish.status, wish.booking_id, wish.offered_at = "offered", placed.booking_id, now
            entry.status = "offered"
            db.session.flush()
            # The places are counted here, so that a refusal undoes this offer and nothing else.
            db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            db.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    except IntegrityError as error:
        db.session.refresh(wish)
        db.session.refresh(entry)
        raise _refusal(error) from error
    note(actor, "offer", entry, booking=placed.reference, held_until=placed.hold_expires_at)
    messages.queue(
        OFFER,
        recipient=entry.contact_email,
        recipient_name=entry.contact_name,
        booking_id=placed.booking_id,
        user_id=entry.customer_id,
        data={"waiting_entry_id": str(entry.id)},
        once_key=f"waiting_offer:{wish.id}",
        actor=actor,
    )


def _refusal(error: IntegrityError) -> DomainError:
    name = error.orig.diag.constraint_name if isinstance(error.orig, Broken) else None
    return from_constraint(name or "")


def _order(wish: WaitingEntryDate, entry: WaitingEntry, now: datetime) -> Order:
    schedule, tenant = wish.schedule, db.session.get_one(Tenant, current_tenant_id())
    customer = CustomerIn(
        entry.customer_id,
        entry.contact_first_name,
        entry.contact_last_name,
        entry.contact_email,
        entry.contact_phone,
    )
    return Order(
        schedule_id=schedule.id,
        places=entry.places,
        customer=customer,
        payment_method="payment_link",
        source=entry.source,
        hold_until=ends_at(now, schedule.starts_at, tenant),
        idempotency_key=f"waiting:{wish.id}",
        is_hold=True,
        send_mail=False,
    )


def _set_aside(wish: WaitingEntryDate, reason: str, now: datetime) -> None:
    """Nothing can be offered to this party on this date: the next one is not kept waiting, and somebody looks."""
    entry = wish.entry
    wish.status = "ended"
    db.session.flush()
    live.touch(wish.schedule_id)
    note(SYSTEM, "set_aside", entry, reason=reason)
    work_items.add("waiting_set_aside", wish.schedule, f"{entry} could not be offered a place. {reason}")
    _end_without_dates(entry, now)


def _locked(wish_id: UUID) -> WaitingEntryDate:
    """The wish of a party that waits, its row taken. Raises NotFound, Refused."""
    known = db.session.scalar(select(WaitingEntryDate.entry_id).where(WaitingEntryDate.id == wish_id))
    if known is None:
        raise NotFound("This entry of the waiting list does not exist.")
    lock_row(WaitingEntry, WaitingEntry.id == known)
    wish = db.session.get_one(WaitingEntryDate, wish_id, populate_existing=True)
    if wish.status != "waiting" or wish.entry.status != "waiting":
        raise Refused("not_waiting", "This party is not waiting any more: look at the list again.")
    if wish.schedule.status != "published":
        raise Refused("not_on_sale", "This date is not open for booking.")
    return wish


def _count_before(wish: WaitingEntryDate) -> int:
    """How many parties would be offered the places first."""
    rows = db.session.execute(_fitting(wish.schedule_id)).all()
    ids = [row.id for row in rows]
    return ids.index(wish.id) if wish.id in ids else len(ids)


def _schedule(schedule_id: UUID) -> Schedule:
    schedule = db.session.scalar(
        select(Schedule).where(Schedule.id == schedule_id).execution_options(populate_existing=True)
    )
    if schedule is None:
        raise NotFound("This date does not exist.")
    return schedule
