"""What Stripe's objects mean in our words. Pure: one reading for webhooks and for answers to our questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from backoffice.domain.gateway_terms import Dispute, Notice, RefundStanding, Standing
from backoffice.gateways.reading import Json, currency, instant, part, parts, text, uuid, whole

# After these a dispute needs no answer any more.
CLOSED_DISPUTES = frozenset({"won", "lost", "warning_closed", "prevented", "charge_refunded"})
REFUND_STATUSES = {
    "pending": "processing",
    "requires_action": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# A refused card leaves the checkout page open for another one: the attempt is over when the page is.
INTENT_STATUSES = {"succeeded": "succeeded", "processing": "processing", "canceled": "cancelled"}
# On a page that was sent off, the same states mean that the bank said no days later.
DEAD_INTENTS = frozenset({"requires_payment_method", "canceled"})


def session_standing(session: Json, happened_at: datetime | None = None) -> Standing:
    """How a payment stands by its Checkout Session, with its intent and charge where they are expanded."""
    intent = part(session, "payment_intent")
    inner = intent_standing(intent, happened_at) if intent else Standing("pending")
    status = _session_status(session, intent)
    return Standing(
        status=status,
        amount_minor=whole(session, "amount_total"),
        currency=currency(session),
        payment_id=uuid(part(session, "metadata"), "payment_id"),
        reference=text(session, "client_reference_id"),
        gateway_reference=_id(session, "id"),
        gateway_payment_id=_id(session, "payment_intent"),
        gateway_charge_id=inner.gateway_charge_id,
        fee_minor=inner.fee_minor,
        failure_reason=None if status == "succeeded" else inner.failure_reason,
        paid_at=(inner.paid_at or happened_at) if status == "succeeded" else None,
        saved_customer=_id(session, "customer"),
        refunded_minor=inner.refunded_minor,
        refunds=inner.refunds,
    )


def _session_status(session: Json, intent: Json) -> str:
    state = text(session, "status")
    if state == "expired":
        return "cancelled"
    if state != "complete":
        return "pending"
    if text(session, "payment_status") in ("paid", "no_payment_required"):
        return "succeeded"
    return "failed" if text(intent, "status") in DEAD_INTENTS else "processing"


def intent_standing(intent: Json, happened_at: datetime | None = None) -> Standing:
    """How a payment stands by its PaymentIntent, with its last charge where that is expanded."""
    charge = part(intent, "latest_charge")
    inner = charge_standing(charge) if charge else Standing("pending")
    status = INTENT_STATUSES.get(text(intent, "status") or "", "pending")
    is_paid = status == "succeeded"
    return Standing(
        status=status,
        amount_minor=whole(intent, "amount_received") if is_paid else whole(intent, "amount"),
        currency=currency(intent),
        payment_id=uuid(part(intent, "metadata"), "payment_id"),
        gateway_payment_id=_id(intent, "id"),
        gateway_charge_id=_id(intent, "latest_charge"),
        fee_minor=inner.fee_minor,
        failure_reason=None if is_paid else text(part(intent, "last_payment_error"), "message"),
        paid_at=(inner.paid_at or happened_at) if is_paid else None,
        saved_customer=_id(intent, "customer"),
        refunded_minor=inner.refunded_minor,
        refunds=inner.refunds,
    )


def charge_standing(charge: Json, happened_at: datetime | None = None) -> Standing:
    """How a payment stands by a charge; one card's refusal is not yet the end of the attempt."""
    is_paid = text(charge, "status") == "succeeded" and charge.get("captured") is not False
    return Standing(
        status="succeeded" if is_paid else "pending",
        amount_minor=whole(charge, "amount"),
        currency=currency(charge),
        payment_id=uuid(part(charge, "metadata"), "payment_id"),
        gateway_payment_id=_id(charge, "payment_intent"),
        gateway_charge_id=_id(charge, "id"),
        fee_minor=_fee(charge),
        failure_reason=text(charge, "failure_message"),
        paid_at=(instant(charge, "created") or happened_at) if is_paid else None,
        saved_customer=_id(charge, "customer"),
        refunded_minor=whole(charge, "amount_refunded"),
        refunds=tuple(refund_standing(each) for each in parts(part(charge, "refunds"), "data")),
    )


def _fee(charge: Json) -> int | None:
    """What Stripe kept, where it is said in the money of the payment: fees are in the account's own."""
    settled = part(charge, "balance_transaction")
    return whole(settled, "fee") if settled and currency(settled) == currency(charge) else None


def refund_standing(refund: Json, happened_at: datetime | None = None) -> RefundStanding:
    """How a refund stands. Raises ValueError for a state that nobody knows, or without an amount or an id."""
    status = REFUND_STATUSES.get(text(refund, "status") or "")
    amount, name = whole(refund, "amount"), _id(refund, "id")
    if status is None or amount is None or name is None:
        raise ValueError("a refund without a known state, an amount or an id")
    return RefundStanding(
        status=status,
        amount_minor=amount,
        currency=currency(refund) or "",
        gateway_refund_id=name,
        gateway_payment_id=_id(refund, "payment_intent"),
        refund_id=uuid(part(refund, "metadata"), "refund_id"),
        failure_reason=_say(text(refund, "failure_reason")) if status == "failed" else None,
        happened_at=happened_at or instant(refund, "created"),
    )


def _say(code: str | None) -> str | None:
    """ "expired_or_canceled_card" as people read it."""
    return code.replace("_", " ") if code else None


def dispute_of(dispute: Json) -> Dispute:
    """What a dispute says. Raises ValueError for one without an amount or about nothing."""
    amount, status = whole(dispute, "amount"), text(dispute, "status") or ""
    payment, charge = _id(dispute, "payment_intent"), _id(dispute, "charge")
    if amount is None or not (payment or charge):
        raise ValueError("a dispute without an amount, or about nothing")
    reason = _say(text(dispute, "reason")) or "no reason given"
    is_open = status not in CLOSED_DISPUTES
    said = reason if is_open else f"{reason}, {_say(status)}"
    money, name = currency(dispute) or "", _id(dispute, "id") or ""
    return Dispute(payment, charge, amount, money, said, is_open, name, is_lost=status == "lost")


def _id(holder: Mapping[str, Any], name: str) -> str | None:
    """The id of another object, whether it is expanded or not."""
    found = holder.get(name)
    return text(found, "id") if isinstance(found, Mapping) else text(holder, name)


# --- Events ---

Reading = Callable[[Json, datetime | None], Notice]


def _session(session: Json, at: datetime | None) -> Notice:
    return Notice(is_proof=True, payment=session_standing(session, at))


def _session_failed(session: Json, at: datetime | None) -> Notice:
    """The bank's late no: this page cannot be paid any more."""
    said = session_standing(session, at)
    reason = said.failure_reason or "The bank did not pay."
    failed = Standing(
        "failed",
        amount_minor=said.amount_minor,
        currency=said.currency,
        payment_id=said.payment_id,
        reference=said.reference,
        gateway_reference=said.gateway_reference,
        gateway_payment_id=said.gateway_payment_id,
        failure_reason=reason,
    )
    return Notice(is_proof=True, payment=failed)


def _intent(intent: Json, at: datetime | None) -> Notice:
    return Notice(is_proof=True, payment=intent_standing(intent, at))


def _charge(charge: Json, at: datetime | None) -> Notice:
    """One that names a total of refunds and not each of them is a reason to ask: a sum cannot be told apart later."""
    standing = charge_standing(charge, at)
    listed = sum(each.amount_minor for each in standing.refunds if each.status != "failed")
    return Notice(is_proof=listed == (standing.refunded_minor or 0), payment=standing)


def _refund(refund: Json, at: datetime | None) -> Notice:
    return Notice(is_proof=True, refund=refund_standing(refund, at))


def _dispute(dispute: Json, _at: datetime | None) -> Notice:
    return Notice(is_proof=True, dispute=dispute_of(dispute))


READINGS: dict[str, Reading] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session,
    "payment_intent.created": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.succeeded": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.canceled": _intent,
    "charge.succeeded": _charge,
    "charge.failed": _charge,
    "charge.refunded": _charge,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
}


def understand(event: Mapping[str, Any]) -> Notice:
    """What a kept event says; nothing for a kind we have no use for. Raises ValueError for a broken one."""
    reading = READINGS.get(text(event, "type") or "")
    if reading is None:
        return Notice(is_proof=True)
    found = part(event, "data", "object")
    if not text(found, "id"):
        raise ValueError("an event about an object without an id")
    return reading(found, instant(event, "created"))
