"""A customer's credit: what was kept instead of money back, and what of it paid bookings since.

It is owed to the customer until it is used. Using it is a payment of the method `credit`: no new money.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, NotFound
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Booking, CreditBalance, CreditEntry, Payment, Refund, Tenant, User
from backoffice.services import audit, credit_lines, ledger
from backoffice.services.bookings.confirming import confirm_if_paid
from backoffice.services.credit_lines import METHOD, balance_minor
from backoffice.tenancy import current_tenant_id

MOST_ENTRIES = 100


def list_entries(customer_id: UUID) -> Sequence[CreditEntry]:
    """A customer's entries, the newest first; at most MOST_ENTRIES."""
    mine = select(CreditEntry).where(CreditEntry.customer_id == customer_id)
    return db.session.scalars(mine.order_by(CreditEntry.id.desc()).limit(MOST_ENTRIES)).all()


def liability() -> dict[str, int]:
    """What is owed to all customers as credit, by currency (minor units)."""
    sums = select(CreditBalance.currency, func.sum(CreditBalance.balance_minor)).group_by(
        CreditBalance.currency
    )
    return {currency: int(amount) for currency, amount in db.session.execute(sums)}


def grant_from_refund(refund: Refund, actor: Actor) -> None:
    """Write a refund's amount down as credit of who paid; the database allows it once for each refund."""
    credit_lines.add(
        refund.payment.customer_id,
        refund.currency,
        refund.amount_minor,
        actor,
        kind="from_refund",
        refund_id=refund.id,
        booking_id=refund.booking_id,
        reason=refund.reason,
    )


def use(
    booking_id: UUID, amount_minor: int, actor: Actor, now: datetime, *, key: str | None = None
) -> Payment:
    """Let the customer's credit pay so much (minor units) of a booking; the database keeps the balance at 0 or above.

    A repeated key returns the first payment. Raises Forbidden, Invalid, NotFound, Refused (not_covered).
    """
    booking = ledger.lock_booking(booking_id)
    _check_actor(booking, actor)
    known = db.session.scalar(select(Payment).where(Payment.idempotency_key == key)) if key else None
    if known:
        return known
    _check_amount(booking, amount_minor)
    payment_id = credit_lines.pay(
        booking.id,
        amount_minor,
        actor,
        now,
        customer_id=booking.customer_id,
        company_id=booking.company_id,
        currency=booking.currency,
        key=key,
    )
    payment = db.session.get_one(Payment, payment_id)
    audit.record(actor, "payment:take", payment, new={"method": METHOD, "amount_minor": amount_minor})
    db.session.refresh(booking)
    confirm_if_paid(booking, actor, now)
    return payment


def _check_actor(booking: Booking, actor: Actor) -> None:
    """Staff who may take a payment, or the customer whose credit it is."""
    if actor.kind == "customer":
        if actor.user_id != booking.customer_id:
            raise Forbidden("This booking is another customer's.")
        return
    actor.require("payment.take")


def _check_amount(booking: Booking, amount_minor: int) -> None:
    if amount_minor < 1:
        raise Invalid("amount", "Enter an amount above 0.", field="amount")
    if amount_minor > booking.payable_minor:
        raise Invalid("amount", "This is more than the booking still owes.", field="amount")
    if amount_minor > balance_minor(booking.customer_id, booking.currency):
        raise Invalid("not_covered", "The customer's credit does not cover this.", field="amount")


def adjust(
    customer_id: UUID, amount_minor: int, reason: str, actor: Actor, *, key: UUID | None = None
) -> None:
    """Correct a customer's credit by an amount (minor units, below zero to take away), with the reason.

    A repeated key, which is the line's id, adds nothing. Raises Forbidden, Invalid, NotFound, Refused (not_covered).
    """
    actor.require("refund.execute")
    customer = db.session.get(User, customer_id)
    if customer is None:
        raise NotFound("This customer does not exist.")
    text = clean_line(reason, field="reason", maximum=500, required=True)
    refuse_card_number(text, field="reason")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    if key and db.session.scalar(select(CreditEntry.id).where(CreditEntry.id == key)):
        return
    about = {"kind": "adjusted", "reason": text} | ({"id": key} if key else {})
    credit_lines.add(customer_id, tenant.currency, amount_minor, actor, **about)
    audit.record(actor, "user:credit", customer, new={"amount_minor": amount_minor, "reason": text})
