"""Money in, taken by hand: what came, how much of it pays which booking, and what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from backoffice.database import add_rows, db, lock_rows
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.money import MAX_MINOR
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Allocation, Booking, BookingGroup, Payment, Tenant
from backoffice.services import audit, ledger, left_over, receipts
from backoffice.services.bookings.confirming import confirm_if_paid
from backoffice.tenancy import current_tenant_id

BY_HAND = ("cash", "bank_transfer", "card_terminal", "invoice")


@dataclass(frozen=True)
class PaymentIn:
    """Money that somebody brought (minor units, UTC).

    It pays `bookings` in their order, or those of a group; the rest stays the customer's.
    """

    method: str
    amount_minor: int
    bookings: tuple[UUID, ...] = ()
    booking_group_id: UUID | None = None
    customer_id: UUID | None = None
    paid_at: datetime | None = None
    payer_reference: str | None = None
    note: str | None = None
    idempotency_key: str | None = None
    send_mail: bool = True


def take(payment: PaymentIn, actor: Actor, now: datetime | None = None) -> Payment:
    """Record a payment by hand and let it pay what it is for; fully paid pending bookings are confirmed.

    Raises Forbidden, Invalid, NotFound, Refused. A repeated idempotency key returns the first payment.
    """
    actor.require("payment.take")
    now = now or datetime.now(UTC)
    known = _find_by_key(payment.idempotency_key)
    if known:
        return known
    _check(payment, now)
    bookings = _bookings_of(payment)
    customer_id = payment.customer_id or (bookings[0].customer_id if bookings else None)
    if customer_id is None:
        raise Invalid("customer", "Choose who paid.", field="customer_id")
    tenant = db.session.get_one(Tenant, current_tenant_id())
    payment_id = _insert(payment, tenant, customer_id, bookings, actor, now)
    ledger.spread(payment_id, payment.amount_minor, bookings)
    row = db.session.get_one(Payment, payment_id)
    audit.record(actor, "payment:take", row, new=_shown(row))
    for booking in bookings:
        db.session.refresh(booking)
        confirm_if_paid(booking, actor, now)
    if payment.send_mail and bookings:
        receipts.send(bookings[0], row, actor)
    return row


def _check(payment: PaymentIn, now: datetime) -> None:
    if payment.method not in BY_HAND:
        raise Invalid("method", "Choose how it was paid.", field="method")
    if not 0 < payment.amount_minor <= MAX_MINOR:
        raise Invalid("amount", "Enter an amount above 0.", field="amount")
    if payment.paid_at and payment.paid_at > now:
        raise Invalid("paid_at", "A payment cannot come from the future.", field="paid_at")


def _find_by_key(key: str | None) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.idempotency_key == key)) if key else None


def _bookings_of(payment: PaymentIn) -> list[Booking]:
    """The bookings it is for, as they were named; a group's in the order of their dates.

    They are locked: two clerks who take the same money would both find it due.
    """
    if payment.booking_group_id:
        db.session.get(BookingGroup, payment.booking_group_id) or _missing("This group does not exist.")
        found = _locked(Booking.booking_group_id == payment.booking_group_id)
        return sorted(found.values(), key=lambda booking: (booking.starts_at, booking.id))
    found = _locked(Booking.id.in_(payment.bookings))
    return [
        found.get(booking_id) or _missing("This booking does not exist.") for booking_id in payment.bookings
    ]


def _locked(which: ColumnElement[bool]) -> dict[UUID, Booking]:
    return {booking.id: booking for booking in lock_rows(Booking, which)}


def _missing(sentence: str) -> Any:
    raise NotFound(sentence)


def _insert(
    payment: PaymentIn,
    tenant: Tenant,
    customer_id: UUID,
    bookings: Sequence[Booking],
    actor: Actor,
    now: datetime,
) -> UUID:
    reference = clean_line(payment.payer_reference, field="payer_reference", maximum=100) or None
    note = clean_line(payment.note, field="note", maximum=500) or None
    for field, text in (("payer_reference", reference), ("note", note)):
        refuse_card_number(text or "", field=field)
    values = ledger.payment_values(
        tenant,
        now,
        customer_id=customer_id,
        company_id=bookings[0].company_id if bookings else None,
        booking_group_id=payment.booking_group_id,
        method=payment.method,
        amount_minor=payment.amount_minor,
        paid_at=payment.paid_at or now,
        payer_reference=reference,
        note=note,
        taken_by_id=actor.user_id,
        idempotency_key=payment.idempotency_key,
    )
    add_rows(Payment, values)
    ledger.add_event(values["id"], "taken", actor, new_status="succeeded", amount_minor=payment.amount_minor)
    return values["id"]


def allocate(payment: Payment, booking: Booking, amount_minor: int, actor: Actor) -> None:
    """Let unallocated money pay a booking (minor units). Raises Forbidden, Invalid; the database holds the sum."""
    actor.require("payment.take")
    if amount_minor < 1:
        raise Invalid("amount", "Enter an amount above 0.", field="amount")
    for row in (payment, booking):  # in the order in which the triggers take them
        db.session.refresh(row, with_for_update={"key_share": True, "of": type(row)})
    if payment.status != "succeeded":
        raise Refused("not_in", "This payment is not in: only money that came can pay a booking.")
    if amount_minor > booking.payable_minor:
        raise Invalid("amount", "This is more than the booking still owes.", field="amount")
    if amount_minor > left_over.free_minor(payment):
        raise Invalid("amount", "This is more than is left of the payment.", field="amount")
    pair = select(Allocation).where(Allocation.payment_id == payment.id, Allocation.booking_id == booking.id)
    known = db.session.scalar(pair, execution_options={"populate_existing": True})  # as it is under the lock
    if known:
        known.amount_minor += amount_minor
        db.session.flush()
    else:
        ledger.allocate(payment.id, booking.id, amount_minor)
    ledger.add_event(
        payment.id, "allocated", actor, amount_minor=amount_minor, data={"booking": booking.reference}
    )
    audit.record(
        actor, "payment:allocate", payment, new={"booking": booking.reference, "amount_minor": amount_minor}
    )
    db.session.refresh(booking)
    db.session.refresh(payment)
    confirm_if_paid(booking, actor, datetime.now(UTC))


def _shown(payment: Payment) -> dict[str, Any]:
    return {
        "method": payment.method,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "payer_reference": payment.payer_reference,
    }
