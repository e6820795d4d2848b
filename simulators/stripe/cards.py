"""Stripe's test cards: https://docs.stripe.com/testing."""

from __future__ import annotations

from dataclasses import dataclass

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
CHALLENGED = "4000002500003155"


@dataclass(frozen=True)
class Card:
    """What comes of paying with it. `refunds` is how a refund to it ends: at once, later, or not at all."""

    label: str
    decline: str | None = None
    is_challenged: bool = False
    refunds: str = "succeeded"


CARDS = {
    GOOD: Card("Visa, pays"),
    "5555555555554444": Card("Mastercard, pays"),
    CHALLENGED: Card("asks for 3-D Secure", is_challenged=True),
    DECLINED: Card("declined", decline="generic_decline"),
    "4000000000009995": Card("declined, no money on it", decline="insufficient_funds"),
    "4000000000000069": Card("declined, expired", decline="expired_card"),
    "4000000000007726": Card("pays, a refund takes its time", refunds="pending"),
    "4000000000005126": Card("pays, a refund fails later", refunds="failed"),
}
DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "expired_card": ("expired_card", "Your card has expired."),
    "authentication_failed": (
        "payment_intent_authentication_failure",
        "The provided PaymentMethod has failed authentication.",
    ),
}


def brand(number: str) -> str:
    return "mastercard" if number.startswith("5") else "visa"
