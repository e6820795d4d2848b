"""What Flutterwave's (v3) messages and answers mean in our words. Source: developer.flutterwave.com."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backoffice.domain.gateway_terms import Notice, NoticeRefused, Received, RefundStanding, Standing
from backoffice.gateways.reading import Json, currency, iso_instant, label, minor, part, text, uuid

# A refused card leaves the hosted page open for another one; a pending one may yet be paid.
PAYMENT_STATUSES = {"successful": "succeeded", "failed": "failed", "pending": "pending"}
LONGEST_ID = 60
# Before our refund's id in the comments that Flutterwave keeps with it.
REFUND_MARK = "refund_id:"


def receive(body: Json) -> Received:
    """A message with the shape of Flutterwave's. Raises NoticeRefused."""
    kind, about = text(body, "event") or text(body, "event.type"), part(body, "data")
    name = label(about, "id") or label(about, "tx_id")
    status = text(about, "status")
    if not kind or not name or not status or max(map(len, (kind, name, status))) > LONGEST_ID:
        raise NoticeRefused("This is no message of Flutterwave's.")
    return Received(f"{kind}:{name}:{status}", kind, body, iso_instant(about, "created_at"))


def understand(payload: Mapping[str, Any]) -> Notice:
    """What a message says, without proof: the shared secret signs nothing. Raises ValueError for an unknown shape."""
    kind, about = text(payload, "event") or text(payload, "event.type") or "", part(payload, "data")
    if kind.startswith("refund"):
        return Notice(is_proof=False, payment=_of_refund(about))
    if kind.startswith("charge") or text(about, "tx_ref"):
        return Notice(is_proof=False, payment=transaction_standing(about))
    return Notice(is_proof=False)


def _of_refund(refund: Json) -> Standing:
    """That something of a payment was given back: how much is asked."""
    paid_by = transaction_of(refund)
    if paid_by is None:
        raise ValueError("a refund of nothing")
    return Standing("pending", gateway_payment_id=paid_by, refunded_minor=_refunded(refund))


def transaction_of(refund: Json) -> str | None:
    """Their id of the payment, whose name differs between answers and messages."""
    return label(refund, "tx_id") or label(refund, "transaction_id") or label(refund, "TransactionId")


def _refunded(refund: Json) -> int | None:
    found = minor(refund, "amount_refunded")
    return found if found is not None else minor(refund, "AmountRefunded")


def transaction_standing(transaction: Json) -> Standing:
    """How a payment stands by one transaction. Raises ValueError for an amount that is none."""
    status = PAYMENT_STATUSES.get((text(transaction, "status") or "").lower(), "pending")
    is_paid = status == "succeeded"
    return Standing(
        status=status,
        amount_minor=_amount(transaction),
        currency=currency(transaction),
        reference=text(transaction, "tx_ref"),
        gateway_payment_id=label(transaction, "id"),
        gateway_charge_id=text(transaction, "flw_ref"),
        fee_minor=minor(transaction, "app_fee", is_fee=True),
        failure_reason=None if is_paid else text(transaction, "processor_response"),
        paid_at=iso_instant(transaction, "created_at") if is_paid else None,
    )


def _amount(transaction: Json) -> int | None:
    """What came for us: the payer may be charged fees on top, but never less."""
    asked, charged = minor(transaction, "amount"), minor(transaction, "charged_amount")
    return asked if asked is None or charged is None else min(asked, charged)


def refund_standing(refund: Json, money: str) -> RefundStanding:
    """How a refund in the payment's currency stands. Raises ValueError without an amount or an id."""
    amount, name = _refunded(refund), label(refund, "id")
    if amount is None or name is None:
        raise ValueError("a refund without an amount or an id")
    status = _refund_status(text(refund, "status") or "")
    return RefundStanding(
        status=status,
        amount_minor=amount,
        currency=money,
        gateway_refund_id=name,
        gateway_payment_id=transaction_of(refund),
        refund_id=_refund_id(refund),
        failure_reason=text(refund, "meta") if status == "failed" else None,
        happened_at=iso_instant(refund, "created_at") or iso_instant(refund, "createdAt"),
    )


def _refund_status(said: str) -> str:
    """ "completed", "completed-mpgs", "completed-momo" …; what is not over is under way."""
    if said.startswith("completed"):
        return "succeeded"
    return "failed" if said.startswith("failed") else "processing"


def _refund_id(refund: Json) -> Any:
    comments = text(refund, "comments") or text(refund, "comment") or ""
    _, found, rest = comments.partition(REFUND_MARK)
    return uuid({"id": rest[:36]}, "id") if found else None


def major(amount_minor: int) -> int | float:
    """Minor units as Flutterwave takes them: 1500 or 1500.5 (hundredths of this size are exact in print)."""
    whole, cents = divmod(amount_minor, 100)
    return amount_minor / 100 if cents else whole
