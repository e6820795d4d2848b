"""The smaller things of the API: customers, charges, balance, webhook endpoints, events, the account."""

from __future__ import annotations

import hashlib

from simulators.store import Document, now
from simulators.stripe import API_VERSION, forms, lists
from simulators.stripe.calls import Call
from simulators.stripe.errors import StripeError, invalid
from simulators.stripe.paying import make_customer
from simulators.world import new_id

CUSTOMER_FIELDS = "email name phone description"
ENDPOINT_FIELDS = "api_version connect description enabled_events metadata url"


def account(call: Call) -> Document:
    digest = hashlib.sha256(call.account.encode()).hexdigest()[:16]
    return {
        "id": f"acct_{digest}",
        "object": "account",
        "business_profile": {"name": "Simulator: no money moves"},
        "charges_enabled": True,
        "country": "GB",
        "default_currency": "gbp",
        "details_submitted": True,
        "email": "simulator@example.com",
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Simulator", "timezone": "Europe/London"}},
        "type": "standard",
    }


def balance(call: Call) -> Document:
    sums: dict[str, int] = {}
    for money in call.store.every("balance_transaction", call.account):
        sums[money["currency"]] = sums.get(money["currency"], 0) + money["net"]
    pending = [{"amount": net, "currency": currency} for currency, net in sums.items()]
    return {"object": "balance", "available": [], "livemode": False, "pending": pending}


def create_customer(call: Call) -> Document:
    forms.only(call.params, f"{CUSTOMER_FIELDS} metadata preferred_locales address")
    customer = make_customer(None, None)
    return call.store.add("customer", call.account, _change_customer(call, customer))


def update_customer(call: Call, id_: str) -> Document:
    customer = _change_customer(call, retrieve_customer(call, id_))
    return call.store.save("customer", call.account, customer)


def _change_customer(call: Call, customer: Document) -> Document:
    for name in CUSTOMER_FIELDS.split():
        if name in call.params:
            customer[name] = call.params[name] or None
    customer["metadata"] |= forms.metadata(call.params)
    return customer


def retrieve_customer(call: Call, id_: str) -> Document:
    return call.get("customer", "customer", id_)


def list_customers(call: Call) -> Document:
    rows = lists.matching(call, call.store.every("customer", call.account), "email")
    return lists.page(call, "/v1/customers", lists.created(call, rows))


def list_payment_methods(call: Call, id_: str) -> Document:
    retrieve_customer(call, id_)
    rows = call.store.every("payment_method", call.account, id_)
    return lists.page(call, f"/v1/customers/{id_}/payment_methods", rows)


def retrieve_intent(call: Call, id_: str) -> Document:
    return call.get("payment_intent", "payment_intent", id_)


def list_intents(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} created customer")
    rows = lists.created(call, call.store.every("payment_intent", call.account))
    return lists.page(call, "/v1/payment_intents", lists.matching(call, rows, "customer"))


def cancel_intent(call: Call, id_: str) -> Document:
    retrieve_intent(call, id_)
    raise StripeError(
        "You cannot cancel a PaymentIntent that was created by a Checkout Session; expire the session instead.",
        code="payment_intent_unexpected_state",
        is_kept=True,
    )


def retrieve_charge(call: Call, id_: str) -> Document:
    return call.get("charge", "charge", id_)


def list_charges(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} created customer payment_intent")
    rows = call.store.every("charge", call.account, call.params.get("payment_intent"))
    return lists.page(call, "/v1/charges", lists.matching(call, lists.created(call, rows), "customer"))


def retrieve_balance_transaction(call: Call, id_: str) -> Document:
    return call.get("balance_transaction", "balance transaction", id_)


def list_balance_transactions(call: Call) -> Document:
    forms.only(call.params, f"{lists.CURSORS} created currency source type")
    rows = lists.created(call, call.store.every("balance_transaction", call.account))
    return lists.page(call, "/v1/balance_transactions", lists.matching(call, rows, "currency source type"))


def create_endpoint(call: Call) -> Document:
    """The only answer that holds the secret."""
    forms.only(call.params, ENDPOINT_FIELDS)
    events = forms.need(call.params, "enabled_events")
    if not isinstance(events, list):
        raise invalid("Invalid array", "enabled_events")
    secret = new_id("whsec", 32)
    endpoint = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": call.params.get("api_version", API_VERSION),
        "application": None,
        "created": now(),
        "description": call.params.get("description"),
        "enabled_events": events,
        "livemode": False,
        "metadata": forms.metadata(call.params),
        "status": "enabled",
        "url": _webhook_url(call),
        "_secret": secret,
    }
    call.store.add("webhook_endpoint", call.account, endpoint)
    return endpoint | {"secret": secret}


def _webhook_url(call: Call) -> str:
    url = str(forms.need(call.params, "url"))
    if not url.startswith(("http://", "https://")):
        raise StripeError("Invalid URL: an explicit scheme is needed.", code="url_invalid", param="url")
    return url


def retrieve_endpoint(call: Call, id_: str) -> Document:
    return call.get("webhook_endpoint", "webhook endpoint", id_)


def update_endpoint(call: Call, id_: str) -> Document:
    forms.only(call.params, "description disabled enabled_events metadata url")
    endpoint = retrieve_endpoint(call, id_)
    if "url" in call.params:
        endpoint["url"] = _webhook_url(call)
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] == "true" else "enabled"
    for name in ("description", "enabled_events"):
        endpoint[name] = call.params.get(name, endpoint[name])
    return call.store.save("webhook_endpoint", call.account, endpoint)


def delete_endpoint(call: Call, id_: str) -> Document:
    retrieve_endpoint(call, id_)
    call.store.run("DELETE FROM documents WHERE kind = 'webhook_endpoint' AND id = ?", id_)
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}


def list_endpoints(call: Call) -> Document:
    return lists.page(call, "/v1/webhook_endpoints", call.store.every("webhook_endpoint", call.account))


def retrieve_event(call: Call, id_: str) -> Document:
    return call.get("event", "event", id_)


def list_events(call: Call) -> Document:
    rows = lists.created(call, call.store.every("event", call.account))
    wanted = call.params.get("types")
    if wanted:
        rows = [row for row in rows if row["type"] in wanted]
    return lists.page(call, "/v1/events", lists.matching(call, rows, "type"))
