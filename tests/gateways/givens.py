"""Accounts, charges and pointers for the tests of the gateways."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from backoffice.database import new_id
from backoffice.domain.gateway_terms import Account, Charge, Pointer, RefundAsk, Started

Found = TypeVar("Found")

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PAYMENT_ID = UUID("01890000-0000-7000-8000-000000000001")
REFUND_ID = UUID("01890000-0000-7000-8000-000000000002")

STRIPE_SECRET = "whsec_of_this_account"
KEYS = {
    "stripe": {"secret_key": "sk_test_of_this_account", "webhook_secret": STRIPE_SECRET},
    "mpesa": {
        "consumer_key": "consumer-key-1",
        "consumer_secret": "consumer-secret-1",
        "shortcode": "174379",
        "passkey": "passkey-of-174379",
        "initiator_name": "initiator",
        "security_credential": "credential-1",
    },
    "flutterwave": {"secret_key": "FLWSECK_TEST-of-this-account", "secret_hash": "hash-of-this-account"},
}


def account_of(gateway: str, *, base: str | None = None, mode: str = "test", **keys: str) -> Account:
    return Account(gateway, mode, base, KEYS[gateway] | keys)


def charge_of(**values: Any) -> Charge:
    """A new payment each time, of 75.00."""
    defaults: dict[str, Any] = {
        "payment_id": new_id(),
        "reference": f"PAY-2026-{new_id().int % 1_000_000:06d}",
        "amount_minor": 7500,
        "currency": "GBP",
        "description": "First aid (RFT-2026-0001)",
        "ends_at": datetime.now(UTC) + timedelta(minutes=31),
        "success_url": "http://127.0.0.1:9/done",
        "cancel_url": "http://127.0.0.1:9/back",
        "notice_url": "http://127.0.0.1:9/notice",
        "payer_name": "Jane Doe",
        "payer_email": "jane@example.com",
        "payer_phone": "+254712345678",
    }
    return Charge(**defaults | values)


def pointer_of(charge: Charge, started: Started | None = None, **values: Any) -> Pointer:
    """The payment of a charge, as its gateway is asked about it."""
    pointer = Pointer(
        payment_id=charge.payment_id,
        reference=charge.reference,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        started_at=datetime.now(UTC),
        ends_at=charge.ends_at,
        gateway_reference=started.gateway_reference if started else None,
    )
    return replace(pointer, **values)


def refund_of(payment: Pointer, amount_minor: int | None = None, **values: Any) -> RefundAsk:
    """So much of a payment back, all of it when it does not say."""
    amount = payment.amount_minor if amount_minor is None else amount_minor
    return replace(
        RefundAsk(
            refund_id=new_id(),
            reference=f"REF-2026-{new_id().int % 1_000_000:06d}",
            payment=payment,
            amount_minor=amount,
            currency=payment.currency,
            reason="Changed their mind",
            is_whole=amount == payment.amount_minor,
            notice_url="http://127.0.0.1:9/notice",
        ),
        **values,
    )


def eventually(find: Callable[[], Found], seconds: float = 10.0) -> Found:
    """What is found once there is something."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found
