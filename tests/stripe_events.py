"""Stripe's messages made by hand: the objects as its API reference has them, and the signature over the bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from itertools import count
from typing import Any

from backoffice.gateways.stripe import API_VERSION
from backoffice.models import Payment
from tests.factories import STRIPE_KEYS

SECRET = STRIPE_KEYS["webhook_secret"]
_numbers = count(1)


def intent(payment: Payment, status: str = "succeeded", **more: Any) -> dict[str, Any]:
    """A PaymentIntent of this payment, for the same money unless told otherwise."""
    return {
        "object": "payment_intent",
        "id": f"pi_{payment.id.hex}",
        "status": status,
        "amount": payment.amount_minor,
        "amount_received": payment.amount_minor if status == "succeeded" else 0,
        "currency": payment.currency.lower(),
        "metadata": {"payment_id": str(payment.id), "reference": payment.reference},
        "latest_charge": f"ch_{payment.id.hex}" if status == "succeeded" else None,
    } | more


def session(payment: Payment, status: str = "complete", **more: Any) -> dict[str, Any]:
    """The Checkout Session that the payment was begun with."""
    return {
        "object": "checkout.session",
        "id": payment.gateway_reference,
        "status": status,
        "payment_status": "paid" if status == "complete" else "unpaid",
        "amount_total": payment.amount_minor,
        "currency": payment.currency.lower(),
        "client_reference_id": payment.reference,
        "metadata": {"payment_id": str(payment.id), "reference": payment.reference},
        "payment_intent": f"pi_{payment.id.hex}" if status == "complete" else None,
    } | more


def charge(payment: Payment, refunded: int = 0, refunds: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "object": "charge",
        "id": f"ch_{payment.id.hex}",
        "status": "succeeded",
        "captured": True,
        "amount": payment.amount_minor,
        "amount_refunded": refunded,
        "currency": payment.currency.lower(),
        "payment_intent": f"pi_{payment.id.hex}",
        "metadata": {"payment_id": str(payment.id)},
        "created": int(time.time()),
        "refunds": {"object": "list", "data": list(refunds)},
    }


def refund(payment: Payment, amount: int, status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {
        "object": "refund",
        "id": f"re_{next(_numbers)}_{payment.id.hex[:8]}",
        "status": status,
        "amount": amount,
        "currency": payment.currency.lower(),
        "payment_intent": f"pi_{payment.id.hex}",
        "metadata": {},
        "created": int(time.time()),
    } | more


def event(kind: str, found: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers)}_{found['id']}",
        "object": "event",
        "api_version": API_VERSION,
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": found},
    } | more


def raw(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def signature(body: bytes, secret: str = SECRET, *, at: float | None = None) -> dict[str, str]:
    """The header over these bytes, signed now unless told otherwise."""
    seconds = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={seconds},v1={digest}", "Content-Type": "application/json"}
