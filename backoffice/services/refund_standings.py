"""What a gateway says of a refund becomes our ledger: ours are carried to their end, those made elsewhere are written down.

The money has moved already when we hear of a refund that nobody asked for here: it counts at once, so that the sums
are right, and a person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
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
    found = _find(standing, None)
    if found:
        known = db.session.get(Payment, found[0].payment_id)
        return known if known and known.gateway_account_id == account_id else None
    if standing.gateway_payment_id is None:
        return None
    named = Standing("succeeded", gateway_payment_id=standing.gateway_payment_id)
    return settling.find_payment(account_id, named)


def follow(payment_id: UUID, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    """Bring one refund to where the gateway has it; in words (UTC).

    Raises GatewayDelayed for a payment that is not in yet: its own word is still on the way.
    """
    payment = ledger.lock_payment(payment_id)
    found = _find(standing, payment)
    if found:
        return [_carry_on(refund, standing, actor, now) for refund in found][0]
    if standing.status == "failed":
        return "a refund that failed elsewhere"
    if standing.request_name:
        return _put_claim_before_people(payment, standing)
    return _write_external(payment, standing, actor, now)


def follow_total(payment_id: UUID, refunded_minor: int, actor: Actor, now: datetime) -> str:
    """Hold what was given back of a payment in all (minor units) against what we know, and write down the rest."""
    payment = ledger.lock_payment(payment_id)
    known = db.session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.payment_id == payment_id,
            Refund.route == "gateway",
            Refund.status.in_(("processing", "succeeded")),
            ~Refund.is_by_dispute(),
        )
    )
    unknown = refunded_minor - int(known or 0)
    if unknown <= 0:
        return "refunds known"
    standing = RefundStanding("succeeded", unknown, payment.currency, f"{BY_TOTAL}{refunded_minor}")
    return _write_external(payment, standing, actor, now)


def _find(standing: RefundStanding, payment: Payment | None) -> list[Refund]:
    """Our rows: by the id we gave it, by the gateway's (one for each booking), or those known by their sum only."""
    if standing.refund_id:
        refund = db.session.get(Refund, standing.refund_id, populate_existing=True)
        if refund and (payment is None or refund.payment_id == payment.id):
            return [refund]
    of_payment = [Refund.payment_id == payment.id] if payment else []
    by_id = select(Refund).where(Refund.gateway_refund_id == standing.gateway_refund_id, *of_payment)
    found = list(db.session.scalars(by_id.order_by(Refund.id)))
    return found or (_find_by_sum(payment.id, standing.amount_minor) if payment else [])


def _find_by_sum(payment_id: UUID, amount_minor: int) -> list[Refund]:
    nameless = select(Refund).where(
        Refund.payment_id == payment_id, Refund.gateway_refund_id.startswith(BY_TOTAL)
    )
    rows = sorted(db.session.scalars(nameless), key=lambda row: (row.gateway_refund_id, row.id))
    for _, group in groupby(rows, key=lambda row: row.gateway_refund_id):
        same = list(group)
        if sum(row.amount_minor for row in same) == amount_minor:
            return same
    return []


def _carry_on(refund: Refund, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    if refund.status == "failed" and standing.status == "succeeded" and refund.succeeded_at is None:
        return _report_late_success(refund)
    if refund.status == "processing" and standing.request_name:
        other = _other_request(refund, standing)
        if other:
            return other
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


def _other_request(refund: Refund, standing: RefundStanding) -> str | None:
    """Why an unsigned result is not that of our request; None when it is.

    Raises GatewayDelayed while the answer to the request is not in.
    """
    if refund.gateway_refund_id is None:
        raise GatewayDelayed("The gateway's answer to this refund is not in yet: its result waits for it.")
    if refund.gateway_refund_id != standing.request_name:
        return "ignored: the result of another request"
    if standing.amount_minor not in (0, refund.amount_minor):
        return "ignored: the result of another amount"
    return None


def _report_late_success(refund: Refund) -> str:
    amount = format_money(refund.amount_minor, refund.currency)
    sentence = (
        f"{refund.reference} failed here, but the gateway says that {amount} was paid out. Look it up there."
    )
    work_items.add("refund_came_through", refund, sentence)
    return "not booked: it failed here before"


def _put_claim_before_people(payment: Payment, standing: RefundStanding) -> str:
    amount = format_money(standing.amount_minor, payment.currency)
    sentence = (
        f"{amount} of {payment.reference} is said to be given back, not asked for here. Look it up there."
    )
    key = f"refund_claimed:{payment.id}:{standing.gateway_refund_id}"
    work_items.add("refund_claimed", payment, sentence, once_key=key[:160])
    return "not booked: nobody here asked for it"


def _ask_people(refund: Refund) -> None:
    amount = format_money(refund.amount_minor, refund.currency)
    sentence = f"{refund.reference}: {amount} could not be given back. Pay it out another way."
    work_items.add("refund_failed", refund, sentence)


def _write_external(payment: Payment, standing: RefundStanding, actor: Actor, now: datetime) -> str:
    if settling.is_handed_over(payment):
        return "a refund of money that was not booked"
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
