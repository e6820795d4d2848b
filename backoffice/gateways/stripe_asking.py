"""What Stripe is asked for a charge of ours. Pure, but for the clock where Stripe did not like the first wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from backoffice.domain.gateway_terms import Charge

# A checkout lives at least 30 minutes; the one more is for the way there.
SHORTEST_LIFE = timedelta(minutes=31)


def session_of(charge: Charge) -> dict[str, Any]:
    """The parameters of a Checkout Session for a charge; the same ones for the same charge."""
    ours = {"payment_id": str(charge.payment_id), "reference": charge.reference}
    product = {"name": charge.description[:250] or charge.reference}
    price = {
        "currency": charge.currency.lower(),
        "unit_amount": charge.amount_minor,
        "product_data": product,
    }
    return {
        "mode": "payment",
        "client_reference_id": charge.reference,
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": ours,
        "payment_intent_data": {"metadata": ours, "description": product["name"]},
        "success_url": charge.success_url,
        "cancel_url": charge.cancel_url,
        "expires_at": int(charge.ends_at.timestamp()),
        **_payer_of(charge),
    }


def _payer_of(charge: Charge) -> dict[str, Any]:
    """A returning customer, one to be remembered if they tick the box, or just an address for the receipt."""
    payer: dict[str, Any] = {}
    if charge.saves_method:
        payer["saved_payment_method_options"] = {"payment_method_save": "enabled"}
    if charge.saved_customer:
        return payer | {"customer": charge.saved_customer}
    if charge.saves_method:
        payer["customer_creation"] = "always"
    if charge.payer_email:
        payer["customer_email"] = charge.payer_email
    return payer


def mend(wanted: dict[str, Any], param: str, charge: Charge) -> bool:
    """Leave out what Stripe did not take, where the payment can do without; False where it cannot."""
    if param == "expires_at":  # too near, or the clocks differ
        wanted["expires_at"] = int((datetime.now(UTC) + SHORTEST_LIFE).timestamp())
        return True
    if param == "customer_email" and "customer_email" in wanted:  # an address that only we take
        del wanted["customer_email"]
        return True
    if param == "customer" and "customer" in wanted:  # deleted there
        del wanted["customer"]
        wanted.update(_payer_of(replace(charge, saved_customer=None)))
        return True
    return False
