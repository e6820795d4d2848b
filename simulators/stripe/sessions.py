"""Checkout Sessions in payment mode: created, looked at, expired, listed."""

from __future__ import annotations

from typing import Any

from simulators.courier import AT_ONCE, Telling
from simulators.store import Document, now
from simulators.stripe import forms, lists
from simulators.stripe.calls import Call
from simulators.stripe.errors import StripeError, invalid
from simulators.stripe.events import emit
from simulators.world import World, new_id, say_money

SHORTEST, LONGEST = 30 * 60, 24 * 3600
LEAST = {"gbp": 30, "eur": 50, "usd": 50}
MOST = 99_999_999
KNOWN = """
    after_expiration allow_promotion_codes automatic_tax billing_address_collection branding_settings
    cancel_url client_reference_id consent_collection currency custom_text customer customer_creation
    customer_email customer_update expires_at invoice_creation line_items locale metadata mode
    payment_intent_data payment_method_options payment_method_types phone_number_collection
    saved_payment_method_options submit_type success_url ui_mode
"""
KNOWN_INTENT = "description metadata receipt_email setup_future_usage statement_descriptor_suffix"


def create(call: Call) -> Document:
    """Raises StripeError for what Stripe would refuse."""
    forms.only(call.params, KNOWN)
    if forms.need(call.params, "mode") != "payment":
        raise invalid("The simulator knows only `mode: payment`.", "mode")
    items = _line_items(call)
    intent = call.params.get("payment_intent_data") or {}
    forms.only(intent, KNOWN_INTENT)
    session = _empty(call, items) | {
        "success_url": forms.need(call.params, "success_url"),
        "expires_at": _expires_at(call),
        "_line_items": items,
        "_intent": {**intent, "metadata": forms.metadata(intent)},
        "_tell": "now",
    }
    session["url"] = f"{call.host}/stripe/c/pay/{session['id']}"
    call.store.add("session", call.account, session, due=session["expires_at"])
    return session


def _empty(call: Call, items: list[Document]) -> Document:
    total = sum(item["amount_total"] for item in items)
    customer = _customer(call)
    return {
        "id": new_id("cs_test", 58),
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": _payable(total, items[0]["currency"]),
        "cancel_url": call.params.get("cancel_url"),
        "client_reference_id": _short(call, "client_reference_id", 200),
        "created": now(),
        "currency": items[0]["currency"],
        "customer": customer,
        "customer_creation": None if customer else call.params.get("customer_creation", "if_required"),
        "customer_details": None,
        "customer_email": _short(call, "customer_email", 512),
        "livemode": False,
        "locale": call.params.get("locale"),
        "metadata": forms.metadata(call.params),
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_method_types": call.params.get("payment_method_types", ["card"]),
        "payment_status": "unpaid",
        "setup_intent": None,
        "status": "open",
        "submit_type": call.params.get("submit_type"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": call.params.get("ui_mode", "hosted_page"),
    }


def _customer(call: Call) -> str | None:
    id_: str | None = call.params.get("customer")
    if id_ is None:
        return None
    if "customer_email" in call.params:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", "customer")
    if "customer_creation" in call.params:
        raise invalid("You can not pass `customer_creation` when `customer` is given.", "customer_creation")
    call.get("customer", "customer", id_, "customer", 400)
    return id_


def _short(call: Call, name: str, longest: int) -> str | None:
    value: str | None = call.params.get(name)
    if value is not None and len(value) > longest:
        raise invalid(f"Invalid string: {value[:12]}...; must be at most {longest} characters", name)
    return value


def _expires_at(call: Call) -> int:
    if "expires_at" not in call.params:
        return now() + LONGEST
    at = forms.integer(call.params["expires_at"], "expires_at")
    if at - now() < SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            "expires_at",
        )
    if at - now() > LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return at


def _line_items(call: Call) -> list[Document]:
    given = forms.need(call.params, "line_items")
    if not isinstance(given, list):
        raise invalid("Invalid array", "line_items")
    items = [_line_item(item, f"line_items[{position}]") for position, item in enumerate(given)]
    if len({item["currency"] for item in items}) > 1:
        raise invalid("All line items must have the same currency.", "line_items")
    return items


def _line_item(given: Any, where: str) -> Document:
    price = forms.need(given if isinstance(given, dict) else {}, "price_data")
    forms.only(price, "currency product_data tax_behavior unit_amount")
    unit = forms.integer(forms.need(price, "unit_amount"), f"{where}[price_data][unit_amount]")
    quantity = forms.integer(given.get("quantity", 1), f"{where}[quantity]")
    currency = str(forms.need(price, "currency")).lower()
    if unit < 0 or quantity < 1:
        raise invalid("This value must be greater than or equal to 1.", where)
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", f"{where}[price_data][currency]")
    name = forms.need(price.get("product_data") or {}, "name")
    return {
        "id": new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": name,
        "price": {"id": new_id("price"), "object": "price", "currency": currency, "unit_amount": unit},
        "quantity": quantity,
    }


def _payable(total: int, currency: str) -> int:
    least = LEAST.get(currency, 1)
    if total < least:
        raise StripeError(
            f"The Checkout Session's total amount due must add up to at least {say_money(least, currency)}"
            f" {currency}",
            code="amount_too_small",
        )
    if total > MOST:
        raise StripeError(
            f"The Checkout Session's total amount must be no more than {say_money(MOST, currency)}",
            code="amount_too_large",
        )
    return total


def retrieve(call: Call, id_: str) -> Document:
    return call.get("session", "checkout.session", id_)


def list_(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} created customer payment_intent status")
    rows = lists.created(call, call.store.every("session", call.account))
    return lists.page(
        call, "/v1/checkout/sessions", lists.matching(call, rows, "customer payment_intent status")
    )


def line_items(call: Call, id_: str) -> Document:
    session = retrieve(call, id_)
    return lists.page(call, f"/v1/checkout/sessions/{id_}/line_items", session["_line_items"])


def expire(call: Call, id_: str) -> Document:
    """Only an open one. Raises StripeError."""
    session = retrieve(call, id_)
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f'This Checkout Session has a status of "{session["status"]}".',
            is_kept=True,
        )
    return end(call.world, call.account, session)


def end(world: World, account: str, session: Document, telling: Telling = AT_ONCE) -> Document:
    """An open session ends unpaid, and so does the payment that was tried in it."""
    session |= {"status": "expired", "url": None}
    world.store.save("session", account, session)
    world.store.set_due("session", session["id"], None)
    emit(world, account, "checkout.session.expired", session, telling)
    intent = world.store.find("payment_intent", session["payment_intent"] or "", account)
    if intent is not None and intent["status"] != "succeeded":
        intent |= {"status": "canceled", "canceled_at": now(), "cancellation_reason": "automatic"}
        world.store.save("payment_intent", account, intent)
        emit(world, account, "payment_intent.canceled", intent, telling)
    return session
