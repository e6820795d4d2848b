"""The lines of the ledger: payments, their allocations and their history. The database keeps the sums."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from backoffice.database import Together, add_rows, db, lock_row, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.statuses import RESERVING_REFUND
from backoffice.domain.text import refuse_card_number
from backoffice.models import Allocation, Booking, Payment, PaymentEvent, Refund, Tenant
from backoffice.services.counting import count_after_commit
from backoffice.services.references import REFERENCE, next_reference, reference_parts
from backoffice.tenancy import current_tenant_id

# What the monitoring counts: the gateways' words, not the desk's own doing, which waits for nobody.
COUNTED = frozenset({"succeeded", "failed", "cancelled", "mismatch", "refund_succeeded", "refund_failed"})


def lock_payment(payment_id: UUID) -> Payment:
    """The payment as it is now, for a change: its row is the turnstile of all that is said of it. Raises NotFound."""
    payment = lock_row(Payment, Payment.id == payment_id)
    if payment is None:
        raise NotFound("This payment does not exist.")
    return payment


def lock_booking(booking_id: UUID) -> Booking:
    """The booking as it is now, for a change of its money. Raises NotFound."""
    booking = lock_row(Booking, Booking.id == booking_id)
    if booking is None:
        raise NotFound("This booking does not exist.")
    return booking


def payment_values(tenant: Tenant, now: datetime, **values: Any) -> dict[str, Any]:
    """The columns of a payment that is in (minor units, UTC)."""
    return _payment_row(tenant, next_reference("payment", tenant, now), **values)


def _payment_row(tenant: Tenant, reference: str | ColumnElement[str], **values: Any) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "reference": reference,
        "currency": tenant.currency,
        "status": "succeeded",
    } | values


def allocate(payment_id: UUID, booking_id: UUID, amount_minor: int) -> None:
    """Let so much of a payment (minor units) pay a booking; the database holds the sum within the payment."""
    add_rows(Allocation, _allocation_row(payment_id, booking_id, amount_minor))


def _allocation_row(payment_id: UUID, booking_id: UUID, amount_minor: int) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "payment_id": payment_id,
        "booking_id": booking_id,
        "amount_minor": amount_minor,
    }


def spread(payment_id: UUID, amount_minor: int, bookings: Sequence[Booking]) -> None:
    """Pay what is due (minor units), one booking after the other; what is left stays unallocated."""
    for booking in bookings:
        share = min(booking.payable_minor, amount_minor)
        if share > 0:
            allocate(payment_id, booking.id, share)
            amount_minor -= share


def take_with_booking(
    rows: Together,
    booking_id: UUID,
    total_minor: int,
    tenant: Tenant,
    actor: Actor,
    now: datetime,
    **about: Any,
) -> None:
    """Add the payment of a booking that is paid as it is made (minor units): cash, or the terminal beside the clerk.

    `about` is its method, customer_id, company_id and payer_reference. Raises Invalid.
    """
    refuse_card_number(about["payer_reference"] or "", field="payer_reference")
    payment = _payment_row(
        tenant, REFERENCE, amount_minor=total_minor, paid_at=now, taken_by_id=actor.user_id, **about
    )
    rows.add(Payment, payment, **reference_parts("payment", tenant, now))
    rows.add(Allocation, _allocation_row(payment["id"], booking_id, total_minor))
    rows.add(
        PaymentEvent,
        _event_row(payment["id"], "taken", actor, new_status="succeeded", amount_minor=total_minor),
    )


def release_surplus(booking: Booking, actor: Actor, *, first: UUID | None = None) -> int:
    """Take what a booking was paid too much back to the customer's unallocated money; returns minor units.

    The payment `first` gives first, then the last allocation. Money already given back by refund is no surplus.
    """
    db.session.refresh(booking)
    surplus = released = -min(booking.due_minor, 0)
    rows = db.session.scalars(
        select(Allocation)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.booking_id == booking.id, Payment.status == "succeeded")
        .order_by((Allocation.payment_id == first).desc(), Allocation.id.desc()),
        execution_options={"populate_existing": True},
    )
    for allocation in rows:
        part = min(surplus, allocation.amount_minor - _given_back(allocation))
        if part <= 0:
            continue
        add_event(
            allocation.payment_id, "released", actor, amount_minor=part, data={"booking": booking.reference}
        )
        _lower(allocation, part)
        surplus -= part
    db.session.flush()
    db.session.refresh(booking)
    return released - surplus


def _given_back(allocation: Allocation) -> int:
    """What of this part is given back, or promised to be (minor units): it cannot pay anything else."""
    reserved = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.payment_id == allocation.payment_id,
        Refund.booking_id == allocation.booking_id,
        Refund.status.in_(RESERVING_REFUND),
    )
    return int(db.session.scalar(reserved) or 0)


def _lower(allocation: Allocation, part: int) -> None:
    if part == allocation.amount_minor:
        db.session.delete(allocation)
    else:
        allocation.amount_minor -= part


def add_event(payment_id: UUID, kind: str, actor: Actor, **about: Any) -> None:
    """Append one line to a payment's history; it is never changed.

    `about` may be refund_id, old_status, new_status, amount_minor (minor units) and data.
    """
    add_rows(PaymentEvent, _event_row(payment_id, kind, actor, **about))
    if kind in COUNTED:
        count_after_commit("payment_events", kind)


def _event_row(
    payment_id: UUID,
    kind: str,
    actor: Actor,
    *,
    refund_id: UUID | None = None,
    old_status: str | None = None,
    new_status: str | None = None,
    amount_minor: int | None = None,
    data: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "payment_id": payment_id,
        "refund_id": refund_id,
        "kind": kind,
        "old_status": old_status,
        "new_status": new_status,
        "amount_minor": amount_minor,
        "actor_kind": actor.kind,
        "actor_name": actor.name[:200],
        "data": data or {},
    }
