"""What Stripe's simulator tells: signed, complete, again after a failure, and wrong in the ways that are asked for."""

import time
from typing import Any

import pytest
import stripe

from simulators.stripe import API_VERSION
from tests.simulated import Simulators
from tests.simulators.receiver import Receiver

KEY = "sk_test_simulator_hooks"


@pytest.fixture
def client(simulators: Simulators) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": simulators.stripe_base}, max_network_retries=0)


@pytest.fixture
def secret(client: stripe.StripeClient, receiver: Receiver) -> str:
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    assert endpoint.secret is not None
    assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
    return endpoint.secret


def open_session(client: stripe.StripeClient) -> str:
    item: Any = {
        "quantity": 2,
        "price_data": {"currency": "gbp", "unit_amount": 4_500, "product_data": {"name": "Paediatric"}},
    }
    wanted: Any = {
        "mode": "payment",
        "success_url": "https://rft.example/done",
        "line_items": [item],
        "metadata": {"payment_id": "p1"},
    }
    return client.v1.checkout.sessions.create(wanted).id


PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.updated",
    "checkout.session.completed",
]


def test_a_payment_is_told_with_signatures_that_the_library_believes(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    simulators.pay_stripe(open_session(client))
    receiver.wait_for(len(PAID))
    assert sorted(receiver.kinds()) == sorted(PAID)
    for headers, body in receiver.heard:
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
        assert event.api_version == API_VERSION
    with pytest.raises(stripe.SignatureVerificationError):
        headers, body = receiver.heard[0]
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_other")


def test_only_the_kinds_that_are_wanted_are_told(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver
) -> None:
    client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.completed"]}
    )
    simulators.pay_stripe(open_session(client))
    assert simulators.quiet()
    assert receiver.kinds() == ["checkout.session.completed"]
    completed = receiver.events()[0]["data"]["object"]
    assert (completed["payment_status"], completed["metadata"]) == ("paid", {"payment_id": "p1"})


def test_what_was_not_taken_is_told_again_with_a_new_signature(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    receiver.refusals = 1
    client.v1.checkout.sessions.expire(open_session(client))
    receiver.wait_for(2)
    first, second = receiver.heard
    assert first[1] == second[1]
    assert first[0]["Stripe-Signature"] != second[0]["Stripe-Signature"]
    assert receiver.kinds() == ["checkout.session.expired"] * 2
    assert simulators.quiet()
    assert [row["state"] for row in simulators.deliveries()] == ["done"]


@pytest.mark.parametrize(("tell", "times"), [("never", 0), ("twice", 2), ("now", 1)])
def test_a_payer_says_how_often_it_is_told(
    simulators: Simulators,
    client: stripe.StripeClient,
    receiver: Receiver,
    secret: str,
    tell: str,
    times: int,
) -> None:
    simulators.pay_stripe(open_session(client), tell=tell)
    receiver.wait_for(len(PAID) * times)
    assert simulators.quiet()
    assert len(receiver.heard) == len(PAID) * times
    # The list of events is complete all the same.
    assert len(client.v1.events.list().data) == len(PAID)


def test_late_is_later(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    simulators.pay_stripe(open_session(client), tell="late", seconds=1.5)
    time.sleep(0.3)
    assert receiver.heard == []
    receiver.wait_for(len(PAID))


def test_held_webhooks_are_released_in_any_order_or_taken_by_the_test(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    simulators.faults(hold_webhooks=True, duplicate=1)
    simulators.pay_stripe(open_session(client))
    assert simulators.quiet()
    assert receiver.heard == []
    assert simulators.release(shuffle=True, copies=2) == len(PAID) * 4
    receiver.wait_for(len(PAID) * 4)
    simulators.pay_stripe(open_session(client))
    taken = simulators.take()
    assert sorted({row["kind"] for row in taken}) == sorted(PAID)
    for row in taken:
        stripe.Webhook.construct_event(row["body"], row["headers"]["Stripe-Signature"], secret)
    assert simulators.take() == []


def test_a_refund_tells_three_things_and_its_failure_two_more(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    intent = simulators.pay_stripe(open_session(client), card="4000000000005126")["payment_intent"]
    receiver.wait_for(len(PAID))
    receiver.heard.clear()
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 1_000})
    assert refund.status == "succeeded"
    receiver.wait_for(4)
    assert sorted(receiver.kinds()) == [
        "charge.refunded",
        "refund.created",
        "refund.failed",
        "refund.updated",
    ]
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert simulators.ledger("stripe", KEY)[0]["refunded_minor"] == 0


def test_a_bank_debit_is_complete_before_it_is_paid(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    session = open_session(client)
    assert simulators.pay_stripe(session, bank="succeeds", bank_seconds=1)["outcome"] == "processing"
    known = client.v1.checkout.sessions.retrieve(session)
    assert (known.status, known.payment_status) == ("complete", "unpaid")
    receiver.wait_for(7)
    assert "checkout.session.async_payment_succeeded" in receiver.kinds()
    assert client.v1.checkout.sessions.retrieve(session).payment_status == "paid"
    failed = open_session(client)
    simulators.pay_stripe(failed, bank="fails", bank_seconds=0)
    receiver.wait_for(12)
    assert "checkout.session.async_payment_failed" in receiver.kinds()


def test_disputes_are_told(
    simulators: Simulators, client: stripe.StripeClient, receiver: Receiver, secret: str
) -> None:
    intent = simulators.pay_stripe(open_session(client))["payment_intent"]
    raised = simulators.do(
        "stripe/dispute", payment_intent=intent, amount=4_500, reason="product_not_received"
    )
    simulators.do("stripe/close_dispute", dispute=raised["dispute"], status="won")
    assert simulators.quiet()
    told = {event["type"]: event["data"]["object"] for event in receiver.events()}
    assert told["charge.dispute.created"]["status"] == "needs_response"
    assert told["charge.dispute.closed"]["status"] == "won"
    assert told["charge.dispute.closed"]["payment_intent"] == intent
