"""What a party says to its offer, and how it leaves the list.

Rows are taken in the order booking, party, date: as everything that ends a booking takes them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update

from backoffice.database import db, lock_row
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Booking, WaitingEntry, WaitingEntryDate
from backoffice.services import bookings, live, payment_links, settling, terms
from backoffice.services.bookings.confirming import make_firm
from backoffice.services.bookings.holds import hold_for_transfer
from backoffice.services.payment_links import Subject
from backoffice.services.waiting.history import note

OVER = "This offer is over: the places went on to the next in line."


def accept(entry_id: UUID, text_ids: Collection[UUID], actor: Actor, now: datetime | None = None) -> Booking:
    """Take the offered places and accept these terms: confirmed at once where nothing is to be paid.

    Otherwise the booking is still to be paid: by its link, or by bank where nobody takes money online. Whoever accepts
    again is given the same booking. Raises NotFound; Refused (no_offer, offer_over, terms_changed); Invalid on the kind
    of a text that was not ticked.
    """
    now = now or datetime.now(UTC)
    booking, entry = _taken(entry_id)
    if booking is None:
        raise Refused("no_offer", OVER)
    if booking.status != "pending":
        return booking
    if booking.hold_expires_at is not None and booking.hold_expires_at <= now:
        raise Refused("offer_over", OVER)
    terms.accept(booking.id, text_ids, actor, now)
    if not _was_accepted(booking):
        note(actor, "accept", entry, booking=booking.reference)
    if not booking.payable_minor:
        make_firm(booking, actor, now)
    elif payment_links.accounts_for(booking.currency):
        payment_links.make(Subject(booking.id), SYSTEM)
    elif booking.payment_method != "bank_transfer":
        hold_for_transfer(booking, actor, now)
    return booking


def _was_accepted(booking: Booking) -> bool:
    """Whether only the money is missing: it has its link, or is paid by bank."""
    return booking.payment_method == "bank_transfer" or bool(payment_links.find_living(Subject(booking.id)))


def decline(entry_id: UUID, actor: Actor) -> WaitingEntry:
    """Give the offered places to the next; the party goes on waiting for its other dates. Raises NotFound, Refused."""
    booking, entry = _taken(entry_id)
    if booking is None or booking.status != "pending":
        raise Refused("no_offer", OVER)
    _cancel(booking)
    note(actor, "decline", entry, booking=booking.reference)
    db.session.refresh(entry)
    return entry


def leave(entry_id: UUID, actor: Actor, reason: str = "") -> WaitingEntry:
    """Take the party off the list, with an offer that it has; nothing happens the second time. Raises Refused.

    Who has accepted and pays by bank has a booking: leaving the list does not cancel it, unless staff say so.
    """
    booking, entry = _taken(entry_id)
    is_agreed = booking is not None and booking.payment_method == "bank_transfer"
    if entry.status == "accepted" or (is_agreed and actor.kind != "user"):
        raise Refused("booked", "The places are booked already: to cancel them, please call or write to us.")
    if not entry.is_open:
        return entry
    ended = db.session.scalars(
        update(WaitingEntryDate)
        .where(WaitingEntryDate.entry_id == entry.id, WaitingEntryDate.status == "waiting")
        .values(status="ended", updated_at=func.now())
        .returning(WaitingEntryDate.schedule_id),
        execution_options={"synchronize_session": False},
    )
    live.touch(*ended)  # places that were kept for the party are anybody's
    entry.status, entry.ended_at, entry.ended_reason = "left", datetime.now(UTC), reason or None
    db.session.flush()
    if booking is not None:
        _cancel(booking)
    note(actor, "leave", entry, **({"reason": reason} if reason else {}))
    return entry


def remove(entry_id: UUID, reason: str, actor: Actor) -> WaitingEntry:
    """Staff take a party off the list, with a reason. Raises Forbidden, Invalid, NotFound, Refused."""
    actor.require("booking.place")
    said = clean_line(reason, field="reason", maximum=500, required=True)
    refuse_card_number(said, field="reason")
    return leave(entry_id, actor, said)


def _taken(entry_id: UUID) -> tuple[Booking | None, WaitingEntry]:
    """The booking of the party's latest offer and the party, their rows taken. Raises NotFound."""
    booking_id = _latest(entry_id)
    booking = lock_row(Booking, Booking.id == booking_id) if booking_id else None
    entry = lock_row(WaitingEntry, WaitingEntry.id == entry_id)
    if entry is None:
        raise NotFound("This entry of the waiting list does not exist.")
    if _latest(entry_id) != booking_id:
        raise Refused("changed", "Places were offered at this moment: look again.")
    return booking, entry


def _latest(entry_id: UUID) -> UUID | None:
    """Of the open offer; without one, of the one that was taken."""
    return db.session.scalar(
        select(WaitingEntryDate.booking_id)
        .where(WaitingEntryDate.entry_id == entry_id, WaitingEntryDate.status.in_(("offered", "accepted")))
        .order_by(WaitingEntryDate.status.desc())
        .limit(1)
    )


def _cancel(booking: Booking) -> None:
    if booking.paid_minor > booking.refunded_minor:
        raise Refused("paid", "Something was paid for these places already: please call or write to us.")
    bookings.cancel(booking.id, "The offer from the waiting list was declined.", SYSTEM, send_mail=False)
    settling.end_attempts_soon([booking.id])
