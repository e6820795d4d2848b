"""What a gateway says of a payment becomes our ledger: forward only, once, and only if it is the same money.

Whoever brings the word (a webhook, a question asked again, the page after paying), it goes through `settle`, so that order and
repetition do not matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Standing
from backoffice.domain.money import format_money
from backoffice.domain.statuses import may_move
from backoffice.models import Allocation, Booking, Payment
from backoffice.services import audit, ledger, receipts, waiting_choices, work_items
from backoffice.services.bookings.confirming import confirm_if_paid
from backoffice.services.settling import attempts, other_money
from backoffice.services.settling.naming import keep_customer

# How far another clock may be behind ours.
CLOCK_MARGIN = timedelta(days=1)


def settle(payment_id: UUID, standing: Standing, actor: Actor, now: datetime) -> str:
    """Let a payment follow its gateway's word (UTC); what came of it, in words. Raises NotFound.

    Money that differs in amount, currency or reference pays nothing and is put before people.
    """
    payment = ledger.lock_payment(payment_id)
    if payment.status == standing.status:
        return _hear_again(payment, standing)
    if not may_move("payment", payment.status, standing.status):
        return f"ignored: it is {payment.status}, which {standing.status} cannot undo"
    fault = other_money.find_fault(payment, standing) if standing.status == "succeeded" else None
    if fault:
        other_money.report_fault(payment, standing, fault, actor)
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
    if other_money.is_second_sum(payment, standing):
        return other_money.report_second_sum(payment, standing)
    _note_names(payment, standing)
    if payment.status == "succeeded" and payment.fee_minor is not None:
        payment.next_check_at = None
    db.session.flush()
    return f"already {payment.status}"


def _move(payment: Payment, standing: Standing, actor: Actor, now: datetime) -> None:
    old, payment.status = payment.status, standing.status
    payment.failure_reason = (standing.failure_reason or "")[:500] or None
    if standing.status == "succeeded":
        payment.paid_at = _paid_at(payment, standing, now)
    if standing.status not in attempts.OPEN:
        payment.checks, payment.next_check_at = 0, attempts.first_fee_check(payment, now)
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


def _pay(payment: Payment, actor: Actor, now: datetime) -> None:
    """The money is in: confirm what it pays, free what it pays too much, and tell the payer once."""
    bookings = _bookings_of(payment.id)
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
    attempts.end_others_soon(bookings, payment.id)


def _bookings_of(payment_id: UUID) -> list[Booking]:
    """What a payment is for, locked as they are now, in the order of their ids."""
    wanted = (
        select(Booking)
        .join(Allocation, Allocation.booking_id == Booking.id)
        .where(Allocation.payment_id == payment_id)
        .order_by(Booking.id)
        .with_for_update(key_share=True, of=Booking)
    )
    return list(db.session.scalars(wanted, execution_options={"populate_existing": True}))
