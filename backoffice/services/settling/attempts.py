"""Open payments: when their gateway is asked, and whether they are still wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from backoffice.database import db
from backoffice.models import Allocation, Booking, Payment
from backoffice.services import ledger
from backoffice.services.outbox import ring_after_commit

OPEN = ("pending", "processing")
# When the gateway is asked about an open payment: often while somebody is paying, then every five minutes.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 15, 30, 60, 120))
LONGEST_PAUSE = timedelta(minutes=5)
# These say what they keep for themselves, but not yet when the money comes: they are asked afterwards, so often.
TELL_FEES = frozenset({"stripe", "flutterwave"})
FEE_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (20, 120, 900, 3600, 21_600))


def claim_check(payment_id: UUID, now: datetime) -> Payment | None:
    """Take a payment to ask its gateway about it, and say when to ask again; None when it is not due.

    One that is in is asked about while its fee is not known, a few times.
    """
    payment = ledger.lock_payment(payment_id)
    is_due = payment.next_check_at is not None and payment.next_check_at <= now
    if payment.status not in (*OPEN, "succeeded") or payment.gateway_account_id is None or not is_due:
        return None
    payment.checks += 1
    payment.next_check_at = _next_check_at(payment, now)
    db.session.flush()
    return payment


def _next_check_at(payment: Payment, now: datetime) -> datetime | None:
    tries = payment.checks
    if payment.status == "succeeded":
        return now + FEE_PAUSES[tries] if tries < len(FEE_PAUSES) else None
    return now + (PAUSES[tries - 1] if tries <= len(PAUSES) else LONGEST_PAUSE)


def first_fee_check(payment: Payment, now: datetime) -> datetime | None:
    """When the gateway is first asked about the fee of a payment that is in (UTC); None when it is known."""
    lacks_fee = payment.status == "succeeded" and payment.fee_minor is None
    return now + FEE_PAUSES[0] if lacks_fee and payment.method in TELL_FEES else None


def note_fee(payment_id: UUID, fee_minor: int) -> None:
    """Keep what a gateway kept for itself of a payment (minor units), where we did not know it."""
    noting = (
        update(Payment)
        .where(Payment.id == payment_id, Payment.status == "succeeded", Payment.fee_minor.is_(None))
        .values(fee_minor=fee_minor, next_check_at=None)
    )
    db.session.execute(noting, execution_options={"synchronize_session": False})


def is_wanted(payment: Payment) -> bool:
    """Whether anything it is for still has to be paid; otherwise the attempt is ended at its gateway.

    One that is in is past ending.
    """
    if payment.status == "succeeded":
        return True
    owed = (
        select(Booking.id)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(
            Allocation.payment_id == payment.id,
            Booking.status.in_(("pending", "confirmed", "completed", "no_show")),
            Booking.total_minor - Booking.paid_minor + Booking.refunded_minor > 0,
        )
    )
    return db.session.scalar(owed.limit(1)) is not None


def open_attempts(booking_id: UUID) -> list[Payment]:
    """The attempts at a gateway that may still pay this booking."""
    wanted = (
        select(Payment)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .where(
            Allocation.booking_id == booking_id,
            Payment.status.in_(OPEN),
            Payment.gateway_account_id.is_not(None),
        )
        .order_by(Payment.id)
    )
    return list(db.session.scalars(wanted))


def end_attempts_soon(booking_ids: Sequence[UUID]) -> None:
    """Have the gateways asked at once about open attempts to pay these bookings: what nobody needs is ended there."""
    same = select(Allocation.payment_id).where(Allocation.booking_id.in_(booking_ids))
    _make_due(Payment.id.in_(same))


def end_others_soon(bookings: Sequence[Booking], except_id: UUID) -> None:
    """Other attempts to pay the same: two open pages would take the money twice. They are due at once."""
    same = (
        select(Allocation.payment_id)
        .where(Allocation.booking_id.in_([booking.id for booking in bookings]))
        .distinct()
    )
    _make_due(Payment.id.in_(same), Payment.id != except_id)


def _make_due(*which: ColumnElement[bool]) -> None:
    """Whoever calls has a booking's row, which a payment being settled waits for: one that is taken is left alone.

    It is asked about again in any case, within five minutes.
    """
    free = (
        select(Payment.id)
        .where(*which, Payment.status.in_(OPEN), Payment.gateway_account_id.is_not(None))
        .with_for_update(key_share=True, skip_locked=True)
    )
    ending = (
        update(Payment)
        .where(Payment.id.in_(list(db.session.scalars(free))))
        .values(next_check_at=func.now())
        .returning(Payment.id)
    )
    for payment_id in list(db.session.scalars(ending, execution_options={"synchronize_session": False})):
        ring_after_commit("payment", payment_id)
