"""What a gateway says of a payment becomes our ledger: forward only, once, and only if it is the same money.

Whoever brings the word (a webhook, a question asked again, the page after paying), it goes through `settle`, so that order and
repetition do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Pointer, Standing
from backoffice.domain.money import format_money
from backoffice.domain.statuses import may_move
from backoffice.models import Allocation, Booking, GatewayCustomer, Payment, PaymentEvent
from backoffice.services import audit, ledger, receipts, waiting_choices, work_items
from backoffice.services.bookings.confirming import confirm_if_paid
from backoffice.services.outbox import ring_after_commit

OPEN = ("pending", "processing")
# When the gateway is asked about an open payment: often while somebody is paying, then every five minutes.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 15, 30, 60, 120))
LONGEST_PAUSE = timedelta(minutes=5)
# These say what they keep for themselves, but not yet when the money comes: they are asked afterwards, so often.
TELL_FEES = frozenset({"stripe", "flutterwave"})
# How far another clock may be behind ours.
CLOCK_MARGIN = timedelta(days=1)
PAID_TWICE = "not booked: paid a second time"
FEE_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (20, 120, 900, 3600, 21_600))


def find_payment(account_id: UUID, standing: Standing) -> Payment | None:
    """The payment of ours that a gateway speaks of; only one that went through the same account."""
    if standing.payment_id:
        known = db.session.get(Payment, standing.payment_id)
        return known if known and known.gateway_account_id == account_id else None
    for column, value in (
        (Payment.gateway_payment_id, standing.gateway_payment_id),
        (Payment.gateway_reference, standing.gateway_reference),
        (Payment.gateway_charge_id, standing.gateway_charge_id),
        (Payment.reference, standing.reference),
    ):
        if value:
            found = db.session.scalar(
                select(Payment).where(Payment.gateway_account_id == account_id, column == value)
            )
            if found:
                return found
    return None


def pointer(payment: Payment) -> Pointer:
    """The payment as its gateway is asked about it."""
    return Pointer(
        payment_id=payment.id,
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        started_at=payment.created_at,
        ends_at=payment.ends_at,
        gateway_reference=payment.gateway_reference,
        gateway_payment_id=payment.gateway_payment_id,
        gateway_charge_id=payment.gateway_charge_id,
    )


def settle(payment_id: UUID, standing: Standing, actor: Actor, now: datetime) -> str:
    """Let a payment follow its gateway's word (UTC); what came of it, in words. Raises NotFound.

    Money that differs in amount, currency or reference pays nothing and is put before people.
    """
    payment = ledger.lock_payment(payment_id)
    if payment.status == standing.status:
        return _hear_again(payment, standing)
    if not may_move("payment", payment.status, standing.status):
        return f"ignored: it is {payment.status}, which {standing.status} cannot undo"
    fault = _mismatch(payment, standing) if standing.status == "succeeded" else None
    if fault:
        _report_mismatch(payment, standing, fault, actor)
        return f"not paid: {fault}"
    _note_names(payment, standing)
    _move(payment, standing, actor, now)
    if standing.status == "succeeded":
        _pay(payment, actor, now)
        keep_customer(payment, standing.saved_customer)
    return standing.status


def _note_names(payment: Payment, standing: Standing) -> None:
    """What the gateway calls it, and its fee, as far as it says and as far as we did not know."""
    for name in ("gateway_reference", "gateway_payment_id", "gateway_charge_id", "fee_minor"):
        if getattr(payment, name) is None and getattr(standing, name) is not None:
            setattr(payment, name, getattr(standing, name))


def _hear_again(payment: Payment, standing: Standing) -> str:
    """The same word once more may say what the first one did not.

    A second sum under the same reference is no repetition: the payer has paid twice.
    """
    if _is_second_sum(payment, standing):
        return _report_second_sum(payment, standing)
    _note_names(payment, standing)
    if payment.status == "succeeded" and payment.fee_minor is not None:
        payment.next_check_at = None
    db.session.flush()
    return f"already {payment.status}"


def _is_second_sum(payment: Payment, standing: Standing) -> bool:
    names = (payment.gateway_payment_id, standing.gateway_payment_id)
    return payment.status == "succeeded" and None not in names and names[0] != names[1]


def _report_second_sum(payment: Payment, standing: Standing) -> str:
    amount = format_money(standing.amount_minor or payment.amount_minor, payment.currency)
    sentence = (
        f"{payment.reference} was paid a second time: {amount} came as {standing.gateway_payment_id}. "
        "Give it back at the gateway."
    )
    key = f"paid_twice:{payment.id}:{standing.gateway_payment_id}"
    work_items.add("paid_twice", payment, sentence, once_key=key[:160])
    return PAID_TWICE


def _mismatch(payment: Payment, standing: Standing) -> str | None:
    """Why this is not the money we asked for, in words; None when it is."""
    if standing.amount_minor is not None and standing.amount_minor != payment.amount_minor:
        came = format_money(standing.amount_minor, payment.currency)
        return f"{came} came instead of {format_money(payment.amount_minor, payment.currency)}"
    if standing.currency is not None and standing.currency.upper() != payment.currency:
        return f"it came in {standing.currency.upper()[:3]} instead of {payment.currency}"
    if standing.reference is not None and standing.reference != payment.reference:
        return "it names another reference"
    # An attempt whose first answer was lost goes by no name of the gateway's yet.
    if payment.gateway_reference and standing.gateway_reference not in (None, payment.gateway_reference):
        return "it belongs to another attempt"
    return None


def _report_mismatch(payment: Payment, standing: Standing, fault: str, actor: Actor) -> None:
    sentence = f"{payment.reference} was not booked as paid: {fault}. Look it up at the gateway."
    key = f"payment_mismatch:{payment.id}:{standing.amount_minor}:{standing.currency}"
    payment.next_check_at = None
    db.session.flush()
    if work_items.add("payment_mismatch", payment, sentence, once_key=key):
        ledger.add_event(payment.id, "mismatch", actor, data={"fault": fault})
        audit.record(actor, "payment:mismatch", payment, new={"fault": fault})


def is_handed_over(payment: Payment) -> bool:
    """Whether other money came for it, was not booked, and waits for people."""
    found = select(PaymentEvent.id).where(
        PaymentEvent.payment_id == payment.id, PaymentEvent.kind == "mismatch"
    )
    return payment.status != "succeeded" and db.session.scalar(found.limit(1)) is not None


def _move(payment: Payment, standing: Standing, actor: Actor, now: datetime) -> None:
    old, payment.status = payment.status, standing.status
    payment.failure_reason = (standing.failure_reason or "")[:500] or None
    if standing.status == "succeeded":
        payment.paid_at = _paid_at(payment, standing, now)
    if standing.status not in OPEN:
        payment.checks, payment.next_check_at = 0, _ask_for_fee_at(payment, now)
    db.session.flush()
    ledger.add_event(
        payment.id,
        standing.status,
        actor,
        old_status=old,
        new_status=standing.status,
        amount_minor=payment.amount_minor,
        data={"reason": payment.failure_reason} if payment.failure_reason else {},
    )
    audit.record(
        actor, f"payment:{standing.status}", payment, old={"status": old}, new={"status": standing.status}
    )


def _paid_at(payment: Payment, standing: Standing, now: datetime) -> datetime:
    """The gateway's instant, but neither long before we asked nor in the future: not every word of it is signed."""
    return min(max(standing.paid_at or now, payment.created_at - CLOCK_MARGIN), now)


def _ask_for_fee_at(payment: Payment, now: datetime) -> datetime | None:
    lacks_fee = payment.status == "succeeded" and payment.fee_minor is None
    return now + FEE_PAUSES[0] if lacks_fee and payment.method in TELL_FEES else None


def _pay(payment: Payment, actor: Actor, now: datetime) -> None:
    """The money is in: confirm what it pays, free what it pays too much, and tell the payer once."""
    bookings = bookings_of(payment.id)
    confirmed = [booking for booking in bookings if confirm_if_paid(booking, actor, now)]
    surplus = sum(
        ledger.release_surplus(booking, actor, first=payment.id)
        for booking in bookings
        if booking.status != "expired"  # its money waits for people: they move or refund it
        and not waiting_choices.keeps_its_money(booking, actor, now)
    )
    if surplus:
        amount = format_money(surplus, payment.currency)
        work_items.add(
            "paid_too_much",
            payment,
            f"{payment.reference} brought {amount} that nothing is owed for: give it back or use it.",
        )
    if bookings and not confirmed:
        receipts.send(bookings[0], payment, actor)
    for other in _open_attempts_for(bookings, payment.id):
        ring_after_commit("payment", other)


def bookings_of(payment_id: UUID) -> list[Booking]:
    """What a payment is for, locked as they are now, in the order of their ids."""
    wanted = (
        select(Booking)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(Allocation.payment_id == payment_id)
        .order_by(Booking.id)
        .with_for_update(key_share=True, of=Booking)
    )
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))


def _open_attempts_for(bookings: Sequence[Booking], except_id: UUID) -> list[UUID]:
    """Other attempts to pay the same: two open pages would take the money twice. They are due at once."""
    same = (
        select(Allocation.payment_id)
        .where(Allocation.booking_id.in_([booking.id for booking in bookings]))
        .distinct()
    )
    return _make_due(Payment.id.in_(same), Payment.id != except_id)


def _make_due(*which: ColumnElement[bool]) -> list[UUID]:
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
    return list(db.session.scalars(ending, execution_options={"synchronize_session": False}))


# --- Open payments: when to ask, and whether they are still wanted ---


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
    for payment_id in _make_due(Payment.id.in_(same)):
        ring_after_commit("payment", payment_id)


def keep_customer(payment: Payment, gateway_customer_id: str | None) -> None:
    """Remember what the gateway calls this customer, for the next time."""
    if not gateway_customer_id or payment.gateway_account_id is None:
        return
    values = {
        "tenant_id": payment.tenant_id,
        "id": new_id(),
        "user_id": payment.customer_id,
        "gateway_account_id": payment.gateway_account_id,
        "gateway_customer_id": gateway_customer_id[:100],
    }
    db.session.execute(insert(GatewayCustomer).values(values).on_conflict_do_nothing())


def find_customer(user_id: UUID, account_id: UUID) -> str | None:
    """What the gateway of this account calls a customer of ours, or None."""
    return db.session.scalar(
        select(GatewayCustomer.gateway_customer_id).where(
            GatewayCustomer.user_id == user_id, GatewayCustomer.gateway_account_id == account_id
        )
    )
