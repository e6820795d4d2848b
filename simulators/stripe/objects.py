"""The objects that a payment makes, as the API shows them."""

from __future__ import annotations

from simulators.store import Document, now
from simulators.stripe.cards import DECLINES, brand
from simulators.world import new_id

FEE_PER_MILLE, FEE_FIXED = 15, 20


def payment_intent(session: Document) -> Document:
    wanted = session["_intent"]
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": now(),
        "currency": session["currency"],
        "customer": session["customer"],
        "description": wanted.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wanted["metadata"],
        "next_action": None,
        "payment_method": None,
        "payment_method_types": session["payment_method_types"],
        "receipt_email": wanted.get("receipt_email"),
        "setup_future_usage": wanted.get("setup_future_usage"),
        "status": "requires_payment_method",
        "_session": session["id"],
    }


def payment_method(number: str, customer: str | None, payer: Document) -> Document:
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": payer,
        "card": {
            "brand": brand(number),
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "funding": "credit",
            "last4": number[-4:],
        },
        "created": now(),
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_number": number,
    }


def charge(intent: Document, method: Document, decline: str | None = None) -> Document:
    code, message = DECLINES[decline] if decline else (None, None)
    is_paid = decline is None
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if is_paid else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "captured": is_paid,
        "created": now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": code,
        "failure_message": message,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": {
            "network_status": "approved_by_network" if is_paid else "declined_by_network",
            "reason": decline,
            "risk_level": "normal",
            "seller_message": "Payment complete." if is_paid else message,
            "type": "authorized" if is_paid else "issuer_declined",
        },
        "paid": is_paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": method["card"], "type": "card"},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "status": "succeeded" if is_paid else "failed",
        "_number": method["_number"],
    }


def balance_transaction(source: Document, kind: str, amount: int, fee: int = 0) -> Document:
    """Money moves on the account; `amount` is below nothing for what leaves it."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now() + 3 * 24 * 3600,
        "created": now(),
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }


def fee_of(amount: int) -> int:
    """1.5 % and 20 pence, half up."""
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED
