"""A refund is asked for; from approval on it reserves its payment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Allocation, Attendee, Booking, Payment, Refund, Tenant
from backoffice.services.references import next_reference
from backoffice.services.refunds import history
from backoffice.tenancy import current_tenant_id


@dataclass(frozen=True)
class RefundIn:
    """So much (minor units) of a payment, back for a booking or a place; without one, of unallocated money."""

    payment_id: UUID
    amount_minor: int
    reason: str
    booking_id: UUID | None = None
    attendee_id: UUID | None = None
    idempotency_key: str | None = None
    route: str = "hand"
    override_reason: str | None = None


def request(wanted: RefundIn, actor: Actor, now: datetime | None = None, *, audits: bool = True) -> Refund:
    """Ask for a refund; nothing is reserved yet. Raises Forbidden, Invalid, NotFound, Refused.

    Without `audits` the entry is left to what the same person does with it in the same act.

    A repeated idempotency key returns the first one.
    """
    actor.require("refund.request")
    known = _find_by_key(wanted.idempotency_key)
    if known:
        return known
    reason = clean_line(wanted.reason, field="reason", maximum=500, required=True)
    refuse_card_number(reason, field="reason")
    payment = db.session.get(Payment, wanted.payment_id)
    if payment is None:
        raise NotFound("This payment does not exist.")
    _check(wanted, payment)
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    refund_id = new_id()
    values = {
        "tenant_id": tenant.id,
        "id": refund_id,
        "reference": next_reference("refund", tenant, now),
        "payment_id": payment.id,
        "booking_id": wanted.booking_id,
        "attendee_id": wanted.attendee_id,
        "amount_minor": wanted.amount_minor,
        "currency": payment.currency,
        "status": "requested",
        "reason": reason,
        "requested_by_id": actor.user_id,
        "requested_at": now,
        "idempotency_key": wanted.idempotency_key,
        "route": wanted.route,
        "override_reason": wanted.override_reason,
    }
    add_rows(Refund, values)
    refund = db.session.get_one(Refund, refund_id)
    history.add_event(refund, "refund_requested", None, actor)
    if audits:
        note_request(refund, actor)
    return refund


def note_request(refund: Refund, actor: Actor) -> None:
    """The entry of a request that nothing else of its act writes down."""
    history.write_entry(refund, "refund_requested", None, actor)


def _find_by_key(key: str | None) -> Refund | None:
    return db.session.scalar(select(Refund).where(Refund.idempotency_key == key)) if key else None


def _check(wanted: RefundIn, payment: Payment) -> None:
    """An early no in words; the database holds the sums at approval."""
    if payment.status != "succeeded":
        raise Refused("not_in", "This payment is not in: there is nothing to give back.")
    ceiling = _left_of_booking(wanted, payment) if wanted.booking_id else payment.unallocated_minor
    left = min(ceiling, payment.refundable_minor)
    if not 0 < wanted.amount_minor <= left:
        raise Invalid(
            "amount", "Enter an amount above 0 and not more than what can be given back.", field="amount"
        )
    if wanted.attendee_id:
        attendee = db.session.get(Attendee, wanted.attendee_id)
        if attendee is None or attendee.booking_id != wanted.booking_id:
            raise NotFound("This place does not exist.")


def _left_of_booking(wanted: RefundIn, payment: Payment) -> int:
    """What this payment paid of the booking, less what was given back (minor units)."""
    allocation = db.session.scalar(
        select(Allocation).where(
            Allocation.payment_id == payment.id, Allocation.booking_id == wanted.booking_id
        )
    )
    if allocation is None:
        raise NotFound("This payment did not pay this booking.")
    booking = db.session.get_one(Booking, wanted.booking_id)
    return min(allocation.amount_minor, booking.paid_minor - booking.refunded_minor)
