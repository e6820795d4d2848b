"""What M-Pesa's messages mean in our words. None is signed, so none is proof. Source: developer.safaricom.co.ke."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from backoffice.domain.gateway_terms import Notice, NoticeRefused, Received, RefundStanding, Standing
from backoffice.gateways.reading import Json, label, minor, part, parts, text, uuid

CURRENCY = "KES"
NAIROBI = ZoneInfo("Africa/Nairobi")
PAID = "0"
# The prompt is still on the telephone, or the answer on its way.
UNDER_WAY = "4999"
# Put away by the payer (1032), or not seen in time (1019, 1037).
NOT_ANSWERED = frozenset({"1019", "1032", "1037"})
# A payment that was given back before: whole payments only go back, so it was this one.
REVERSED_BEFORE = "R000001"
LONGEST_ID = 100


def receive(body: Json) -> Received:
    """A message with the shape of M-Pesa's, by what it is about and says. Raises NoticeRefused."""
    for kind, holder, name in (
        ("stk_callback", part(body, "Body", "stkCallback"), "CheckoutRequestID"),
        ("result", part(body, "Result"), "ConversationID"),
    ):
        about, code = text(holder, name), label(holder, "ResultCode")
        if about and code is not None and len(about) <= LONGEST_ID and len(code) <= 20:
            return Received(f"{kind}:{about}:{code}:{_digest(holder)}", kind, body)
    raise NoticeRefused("This is no message of M-Pesa's.")


def _digest(holder: Json) -> str:
    """A forged message with the same ids must not keep the true one out."""
    written = json.dumps(holder, sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()[:16]


def understand(payload: Mapping[str, Any]) -> Notice:
    """What a message says, without proof. Raises ValueError for a shape nobody knows."""
    callback, result = part(payload, "Body", "stkCallback"), part(payload, "Result")
    if text(callback, "CheckoutRequestID"):
        return Notice(is_proof=False, payment=_prompt(payload, callback))
    if text(result, "ConversationID"):
        return Notice(is_proof=False, refund=_reversal(payload, result))
    raise ValueError("neither a prompt's answer nor a reversal's result")


def _prompt(payload: Mapping[str, Any], callback: Json) -> Standing:
    items = _items(part(callback, "CallbackMetadata"), "Item", "Name")
    status = status_of(label(callback, "ResultCode"))
    return Standing(
        status=status,
        amount_minor=minor(items, "Amount"),
        currency=CURRENCY,
        payment_id=uuid(payload, "about"),
        gateway_reference=text(callback, "CheckoutRequestID"),
        gateway_payment_id=label(items, "MpesaReceiptNumber"),
        failure_reason=None if status == "succeeded" else text(callback, "ResultDesc"),
        paid_at=nairobi_instant(label(items, "TransactionDate")),
    )


def _reversal(payload: Mapping[str, Any], result: Json) -> RefundStanding:
    """Its receipt is the name that staff and payer know it by."""
    code = label(result, "ResultCode")
    items = _items(part(result, "ResultParameters"), "ResultParameter", "Key")
    is_paid = code in (PAID, REVERSED_BEFORE)
    receipt = text(result, "TransactionID") if code == PAID else None
    return RefundStanding(
        status="succeeded" if is_paid else "failed",
        amount_minor=minor(items, "Amount") or 0,
        currency=CURRENCY,
        gateway_refund_id=receipt or text(result, "ConversationID") or "",
        gateway_payment_id=label(items, "OriginalTransactionID"),
        refund_id=uuid(payload, "about"),
        failure_reason=None if is_paid else text(result, "ResultDesc"),
        request_name=text(result, "ConversationID"),
    )


def _items(holder: Json, name: str, key: str) -> Json:
    """A list of names and values as one object. A single one may come without its list."""
    found = parts(holder, name) or [part(holder, name)]
    return {str(each.get(key)): each.get("Value") for each in found}


def status_of(code: str | None) -> str:
    """The status of a payment by M-Pesa's result code; None: it did not say."""
    if code == PAID:
        return "succeeded"
    if code is None or code == UNDER_WAY:
        return "pending"
    return "cancelled" if code in NOT_ANSWERED else "failed"


def nairobi_instant(stamp: str | None) -> datetime | None:
    """ "20260301120000", a wall time in Nairobi, as an instant (UTC)."""
    try:
        wall = datetime.strptime(stamp or "", "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
    except ValueError:
        return None
    return wall.astimezone(UTC)
