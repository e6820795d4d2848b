"""What a gateway says of a refund becomes our ledger: ours are carried to their end, those made elsewhere are written down.

The money has moved already when we hear of a refund that nobody asked for here: it counts at once, so that the sums
are right, and a person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.gateway_terms import GatewayDelayed, RefundStanding, Standing
from backoffice.domain.money import format_money
from backoffice.domain.statuses import RESERVING_REFUND, may_move
from backoffice.models import Allocation, Payment, Refund, Tenant
from backoffice.services import audit, ledger, refund_mails, settling, work_items
from backoffice.services.references import next_reference
from backoffice.tenancy import current_tenant_id

# The id of an external refund of which only the payment's total is known yet.
BY_TOTAL = "total:"
EXTERNAL_REASON = "Made at the gateway, not here"


def find_payment(account_id: UUID, standing: RefundStanding) -> Payment | None:
    """The payment of ours that a refund belongs to, or None."""
    refund = _find(standing, None)
    if refund:
        known = db.session.get(Payment, refund.payment_id)
        return known if known and known.gateway_account_id == account_id else None
    if standing.gateway_payment_id is None:
        return None
    named = Standing("succeeded", gateway_payment_id=standing.gateway_payment_id)
    return settling.find_payment(account_id, named)


def follow(payment_id: UUID, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    """Bring one refund to where the gateway has it; in words (UTC).

    Raises GatewayDelayed for a payment that is not in yet: its own word is still on the way.
    """
    payment = _locked(payment_id)
    refund = _find(standing, payment)
    if refund is None and standing.status == "failed":
        return "a refund that failed elsewhere"
    if refund is None:
        return _write_external(payment, standing, actor, now)
    return _carry_on(refund, standing, actor, now)


def follow_total(payment_id: UUID, refunded_minor: int, actor: Actor, now: datetime) -> str:
    """Hold what was given back of a payment in all (minor units) against what we know, and write down the rest."""
    payment = _locked(payment_id)
    known = db.session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.payment_id == payment_id,
            Refund.route == "gateway",
            Refund.status.in_(("processing", "succeeded")),
        )
    )
    unknown = refunded_minor - int(known or 0)
    if unknown <= 0:
        return "refunds known"
    standing = RefundStanding("succeeded", unknown, payment.currency, f"{BY_TOTAL}{refunded_minor}")
    return _write_external(payment, standing, actor, now)


def _locked(payment_id: UUID) -> Payment:
    """The payment's row is every refund's turnstile."""
    wanted = select(Payment).where(Payment.id == payment_id).with_for_update(key_share=True)
    payment = db.session.scalar(wanted, execution_options={"populate_existing": True})
    if payment is None:
        raise NotFound("This payment does not exist.")
    return payment


def _find(standing: RefundStanding, payment: Payment | None) -> Refund | None:
    """Our row: by the id we gave it, by the gateway's, or the one that was known by its amount only."""
    if standing.refund_id:
        refund = db.session.get(Refund, standing.refund_id, populate_existing=True)
        if refund and (payment is None or refund.payment_id == payment.id):
            return refund
    of_payment = [Refund.payment_id == payment.id] if payment else []
    by_id = select(Refund).where(Refund.gateway_refund_id == standing.gateway_refund_id, *of_payment)
    found = db.session.scalars(by_id.order_by(Refund.id).limit(1)).first()
    if found or payment is None:
        return found
    by_amount = select(Refund).where(
        *of_payment,
        Refund.gateway_refund_id.startswith(BY_TOTAL),
        Refund.amount_minor == standing.amount_minor,
    )
    return db.session.scalars(by_amount.order_by(Refund.id).limit(1)).first()


def _carry_on(refund: Refund, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    refund.gateway_refund_id = standing.gateway_refund_id or refund.gateway_refund_id
    if refund.status == standing.status or not may_move("refund", refund.status, standing.status):
        db.session.flush()
        return f"refund already {refund.status}"
    old, refund.status = refund.status, standing.status
    refund.next_check_at = None
    if standing.status == "succeeded":
        refund.succeeded_at = min(standing.happened_at or now, now)
        refund.receipt = refund.receipt or standing.gateway_refund_id[:100]
    else:
        refund.failure_reason = (standing.failure_reason or "The gateway could not pay it out.")[:500]
        _ask_people(refund)
    db.session.flush()
    _write_down(refund, old, actor)
    if refund.status == "succeeded":
        refund_mails.tell(refund, actor)
    return f"refund {refund.status}"


def _ask_people(refund: Refund) -> None:
    amount = format_money(refund.amount_minor, refund.currency)
    sentence = f"{refund.reference}: {amount} could not be given back. Pay it out another way."
    work_items.add("refund_failed", refund, sentence)


def _write_external(payment: Payment, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    if payment.status != "succeeded":
        raise GatewayDelayed("The payment that this refund belongs to is not in yet.")
    left = standing.amount_minor
    for booking_id, most in _shares(payment):
        part = min(left, most)
        if part > 0:
            _add_external(payment, standing, booking_id, part, actor, now)
            left -= part
    if left:
        amount = format_money(left, payment.currency)
        sentence = f"The gateway gave back {amount} more of {payment.reference} than our books allow."
        key = f"refund_beyond:{payment.id}:{standing.gateway_refund_id}"
        work_items.add("refund_beyond", payment, sentence, once_key=key[:160])
    return "external refund, to be confirmed"


def _shares(payment: Payment) -> Iterator[tuple[UUID | None, int]]:
    """Where a refund that names no booking comes from: money that pays nothing first, then each booking's share."""
    given = db.session.execute(
        select(Refund.booking_id, func.sum(Refund.amount_minor))
        .where(Refund.payment_id == payment.id, Refund.status.in_(RESERVING_REFUND))
        .group_by(Refund.booking_id)
    )
    back = {booking_id: int(amount) for booking_id, amount in given}
    yield None, payment.unallocated_minor - back.get(None, 0)
    shares = select(Allocation.booking_id, Allocation.amount_minor).where(Allocation.payment_id == payment.id)
    for booking_id, amount in db.session.execute(shares.order_by(Allocation.id)).all():
        yield booking_id, amount - back.get(booking_id, 0)


def _add_external(
    payment: Payment,
    standing: RefundStanding,
    booking_id: UUID | None,
    amount_minor: int,
    actor: Actor,
    now: datetime,
) -> None:
    tenant = db.session.get_one(Tenant, current_tenant_id())
    refund = Refund(
        reference=next_reference("refund", tenant, now),
        payment_id=payment.id,
        booking_id=booking_id,
        amount_minor=amount_minor,
        currency=payment.currency,
        status="succeeded",
        reason=EXTERNAL_REASON,
        requested_at=standing.happened_at or now,
        succeeded_at=min(standing.happened_at or now, now),
        route="gateway",
        gateway_refund_id=standing.gateway_refund_id,
        is_external=True,
    )
    db.session.add(refund)
    db.session.flush()
    _write_down(refund, None, actor)


def _write_down(refund: Refund, old: str | None, actor: Actor) -> None:
    ledger.add_event(
        refund.payment_id,
        f"refund_{refund.status}",
        actor,
        refund_id=refund.id,
        old_status=old,
        new_status=refund.status,
        amount_minor=refund.amount_minor,
        data={"external": True} if refund.is_external else {},
    )
    audit.record(
        actor,
        f"refund:{refund.status}",
        refund,
        old={"status": old} if old else {},
        new={"status": refund.status, "amount_minor": refund.amount_minor, "external": refund.is_external},
    )
