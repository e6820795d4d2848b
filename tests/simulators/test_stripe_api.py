"""Stripe's simulator through Stripe's own library."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import stripe

from simulators.stripe import API_VERSION
from tests.simulated import Simulators

KEY = "sk_test_simulator_rft"


def connect(simulators: Simulators, key: str = KEY, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": simulators.stripe_base}, max_network_retries=retries
    )


@pytest.fixture
def client(simulators: Simulators) -> stripe.StripeClient:
    return connect(simulators)


def wanted(amount: int = 12_000, **more: Any) -> Any:
    return {
        "mode": "payment",
        "success_url": "https://rft.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://rft.example/back",
        "client_reference_id": "PAY-1",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": amount,
                    "product_data": {"name": "First Aid at Work"},
                },
            }
        ],
        "metadata": {"payment_id": "p1"},
        "payment_intent_data": {"metadata": {"payment_id": "p1"}},
        **more,
    }


def open_session(client: stripe.StripeClient, key: str | None = None, **more: Any) -> Any:
    options: Any = {"idempotency_key": key} if key else {}
    return client.v1.checkout.sessions.create(wanted(**more), options)


def paid(simulators: Simulators, client: stripe.StripeClient, **said: Any) -> Any:
    """A payment intent that was paid."""
    session = open_session(client)
    outcome = simulators.pay_stripe(session.id, **said)
    return client.v1.payment_intents.retrieve(
        outcome["payment_intent"], {"expand": ["latest_charge.balance_transaction"]}
    )


def test_the_version_is_that_of_the_library() -> None:
    assert stripe.api_version == API_VERSION


def test_a_session_is_open_and_has_no_payment_yet(client: stripe.StripeClient) -> None:
    session = open_session(client)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (12_000, "gbp")
    assert session.expires_at == pytest.approx(time.time() + 24 * 3600, abs=5)
    assert session.url.endswith(session.id)
    assert not [name for name in session.to_dict() if name.startswith("_")]


def test_a_paid_session_knows_its_payment_its_charge_and_its_fee(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    session = open_session(client)
    simulators.pay_stripe(session.id, email="ann@example.org")
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (session.status, session.payment_status) == ("complete", "paid")
    intent: Any = session.payment_intent
    assert (intent.status, intent.amount_received) == ("succeeded", 12_000)
    assert intent.latest_charge.metadata.payment_id == "p1"
    money = client.v1.balance_transactions.retrieve(intent.latest_charge.balance_transaction)
    assert (money.amount, money.fee, money.net) == (12_000, 200, 11_800)


def test_the_same_key_gives_the_same_session(client: stripe.StripeClient) -> None:
    first, again = open_session(client, "k1"), open_session(client, "k1")
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_the_same_key_for_something_else_is_refused(client: stripe.StripeClient) -> None:
    open_session(client, "k1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        open_session(client, "k1", amount=100)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.customers.create({}, {"idempotency_key": "k1"})


def test_a_key_is_free_again_after_a_wrong_parameter(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_session(client, "k1", amount=1)
    assert open_session(client, "k1").status == "open"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"expires_at": int(time.time()) + 29 * 60}, "at least 30 minutes"),
        ({"expires_at": int(time.time()) + 25 * 3600}, "less than 24 hours"),
        ({"amount": 10}, "at least £0.30"),
        ({"customer": "cus_unknown"}, "No such customer: 'cus_unknown'"),
        ({"colour": "red"}, "Received unknown parameter: colour"),
        ({"mode": ""}, "Missing required param: mode"),
        ({"line_items": []}, "Missing required param: line_items"),
        ({"metadata": {"k": "v" * 501}}, "500 characters"),
    ],
)
def test_what_stripe_refuses_is_refused(
    client: stripe.StripeClient, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=sentence.replace("(", r"\(")):
        open_session(client, **change)


def test_only_an_open_session_can_be_expired(simulators: Simulators, client: stripe.StripeClient) -> None:
    session = open_session(client)
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions"):
        client.v1.checkout.sessions.expire(session.id)
    done = open_session(client)
    simulators.pay_stripe(done.id)
    with pytest.raises(stripe.InvalidRequestError, match='status of "complete"'):
        client.v1.checkout.sessions.expire(done.id)


def test_keys_are_checked_and_each_is_an_account_of_its_own(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    session = open_session(client)
    other = connect(simulators, "sk_test_simulator_other")
    with pytest.raises(stripe.InvalidRequestError, match="No such checkout.session"):
        other.v1.checkout.sessions.retrieve(session.id)
    assert other.v1.accounts.retrieve_current().id != client.v1.accounts.retrieve_current().id
    for key in ("sk_test_wrong", "sk_live_real", "nonsense"):
        with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
            connect(simulators, key).v1.balance.retrieve()


def test_a_decline_leaves_the_session_open_for_another_card(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    session = open_session(client)
    outcome = simulators.pay_stripe(session.id, card="declined")
    assert outcome["outcome"] == "declined"
    intent = client.v1.payment_intents.retrieve(outcome["payment_intent"])
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"
    again = simulators.pay_stripe(session.id)
    assert again == {**outcome, "outcome": "paid"}
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 2


def test_a_refund_in_parts_never_exceeds_the_charge(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    intent = paid(simulators, client)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 5_000, "metadata": {"refund_id": "r1"}})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 7_001})
    rest = client.v1.refunds.create({"charge": intent.latest_charge.id})
    assert (rest.amount, rest.status) == (7_000, "succeeded")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (12_000, True)
    assert charge.refunds is not None
    assert [refund.amount for refund in charge.refunds.data] == [7_000, 5_000]


def test_a_refused_refund_is_refused_again_under_its_key(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    intent = paid(simulators, client)
    too_much: Any = {"payment_intent": intent.id, "amount": 99_999}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than"):
            client.v1.refunds.create(too_much, {"idempotency_key": "r1"})


def test_lists_come_in_pages_and_spans(simulators: Simulators, client: stripe.StripeClient) -> None:
    intent = paid(simulators, client)
    made = [client.v1.refunds.create({"payment_intent": intent.id, "amount": 10}).id for _ in range(5)]
    first = client.v1.refunds.list({"limit": 2, "payment_intent": intent.id})
    assert first.has_more
    assert [refund.id for refund in first.auto_paging_iter()] == made[::-1]
    soon = int(time.time()) + 100
    assert client.v1.refunds.list({"created": {"gte": soon}}).data == []
    assert len(client.v1.refunds.list({"created": {"lt": soon}, "charge": intent.latest_charge.id}).data) == 5
    listed = client.v1.payment_intents.list({"expand": ["data.latest_charge.balance_transaction"]})
    charge: Any = listed.data[0].latest_charge
    assert charge.balance_transaction.fee == 200


def test_a_lost_reply_happened_and_is_found_again_by_its_key(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    intent = paid(simulators, client)
    simulators.faults(lost_replies=1.0)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 500}, {"idempotency_key": "r1"})
    simulators.faults(lost_replies=0)
    again = client.v1.refunds.create({"payment_intent": intent.id, "amount": 500}, {"idempotency_key": "r1"})
    assert [refund.id for refund in client.v1.refunds.list().data] == [again.id]


def test_a_lost_request_never_happened(simulators: Simulators, client: stripe.StripeClient) -> None:
    simulators.faults(lost_requests=1.0)
    with pytest.raises(stripe.APIConnectionError):
        open_session(client)
    simulators.faults(lost_requests=0, server_errors=1.0)
    with pytest.raises(stripe.APIError):
        open_session(client)
    simulators.faults(server_errors=0)
    assert client.v1.checkout.sessions.list().data == []


def test_a_card_is_kept_for_the_next_time_and_offered_again(
    simulators: Simulators, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create({"email": "ann@example.org"})
    keeps: Any = {"metadata": {"payment_id": "p1"}, "setup_future_usage": "on_session"}
    first = open_session(client, customer=customer.id, payment_intent_data=keeps)
    simulators.pay_stripe(first.id)
    second = open_session(client, customer=customer.id)
    page = requests.get(second.url, timeout=10).text
    assert "the saved card ending in 4242" in page
    assert 'value="ann@example.org"' in page
    (method,) = client.v1.customers.payment_methods.list(customer.id).data
    assert simulators.pay_stripe(second.id, method=method.id)["outcome"] == "paid"


def test_the_ledger_shows_what_moved(simulators: Simulators, client: stripe.StripeClient) -> None:
    intent = paid(simulators, client)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    simulators.do("stripe/refund", charge=intent.latest_charge.id, amount=700)
    (line,) = simulators.ledger("stripe", KEY)
    assert (line["reference"], line["amount_minor"], line["refunded_minor"]) == ("PAY-1", 12_000, 1_200)
    assert refund.id in [part["id"] for part in line["refunds"]]
    assert simulators.ledger("stripe", "sk_test_other") == []


def test_a_disputed_charge_cannot_be_refunded(simulators: Simulators, client: stripe.StripeClient) -> None:
    intent = paid(simulators, client)
    raised = simulators.do("stripe/dispute", payment_intent=intent.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"
    simulators.do("stripe/close_dispute", dispute=raised["dispute"], status="lost")
    assert client.v1.disputes.retrieve(raised["dispute"]).status == "lost"


def test_an_unknown_address_and_a_strange_version_are_told(simulators: Simulators) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    reply = requests.get(f"{simulators.stripe_base}/v1/unicorns", headers=headers, timeout=10)
    assert (reply.status_code, "Unrecognized request URL" in reply.text) == (404, True)
    headers["Stripe-Version"] = "tomorrow"
    reply = requests.get(f"{simulators.stripe_base}/v1/balance", headers=headers, timeout=10)
    assert reply.status_code == 400
    assert requests.get(f"{simulators.stripe_base}/v1/balance", timeout=10).status_code == 401


def test_a_list_written_with_empty_brackets_is_read(simulators: Simulators) -> None:
    body = urlencode([("url", "http://127.0.0.1:1/x"), ("enabled_events[]", "*")])
    reply = requests.post(
        f"{simulators.stripe_base}/v1/webhook_endpoints",
        data=body,
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )
    assert reply.json()["enabled_events"] == ["*"]
    assert reply.json()["secret"].startswith("whsec_")
