"""The hosted page as a browser without JavaScript sees it."""

from typing import Any

import pytest
import requests
import stripe

from tests.simulated import Simulators

KEY = "sk_test_simulator_page"
BACK = "http://127.0.0.1:1"


@pytest.fixture
def client(simulators: Simulators) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": simulators.stripe_base}, max_network_retries=0)


@pytest.fixture
def session(client: stripe.StripeClient) -> Any:
    wanted: Any = {
        "mode": "payment",
        "success_url": f"{BACK}/done?of={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{BACK}/cancelled",
        "client_reference_id": "PAY-7",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": 123_450,
                    "product_data": {"name": "<b>First Aid</b>"},
                },
            }
        ],
    }
    return client.v1.checkout.sessions.create(wanted)


def press(url: str, act: str, **form: str) -> requests.Response:
    return requests.post(url, data={"act": act, **form}, allow_redirects=False, timeout=10)


def test_the_page_says_that_it_is_a_simulator_and_what_is_paid(session: Any) -> None:
    page = requests.get(session.url, timeout=10)
    assert page.status_code == 200
    for text in ("SIMULATOR – no money moves", "£1,234.50", "PAY-7", "&lt;b&gt;First Aid&lt;/b&gt;"):
        assert text in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize("act", ["pay", "late", "twice", "never", "bank_succeeds", "bank_fails"])
def test_paying_leads_back_to_the_shop(client: stripe.StripeClient, session: Any, act: str) -> None:
    reply = press(session.url, act, email="ann@example.org", name="Ann")
    assert (reply.status_code, reply.headers["Location"]) == (303, f"{BACK}/done?of={session.id}")
    found = client.v1.checkout.sessions.retrieve(session.id)
    assert found.status == "complete"
    assert found.customer_details is not None
    assert found.customer_details.email == "ann@example.org"
    assert requests.get(session.url, timeout=10).status_code == 410


def test_a_decline_is_told_on_the_page(client: stripe.StripeClient, session: Any) -> None:
    for form in ({"act": "decline"}, {"act": "pay", "number": "4000 0000 0000 0002"}):
        reply = press(session.url, **form)
        assert (reply.status_code, "The card was declined" in reply.text) == (402, True)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_cancelling_leads_back_and_leaves_it_open(client: stripe.StripeClient, session: Any) -> None:
    assert press(session.url, "cancel").headers["Location"] == f"{BACK}/cancelled"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_three_d_secure_has_a_second_page(client: stripe.StripeClient, session: Any) -> None:
    second = press(session.url, "pay", number="4000002500003155")
    assert "Your bank asks" in second.text
    intent: Any = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent"]}
    ).payment_intent
    assert intent.status == "requires_action"
    assert press(session.url, "refuse").status_code == 402
    press(session.url, "pay", number="4000002500003155")
    assert press(session.url, "confirm").status_code == 303
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert press(session.url, "confirm").status_code == 410


def test_an_expired_or_unknown_page_says_so(client: stripe.StripeClient, session: Any) -> None:
    client.v1.checkout.sessions.expire(session.id)
    assert "Ask for a new link" in requests.get(session.url, timeout=10).text
    assert press(session.url, "pay").status_code == 410
    assert requests.get(f"{session.url}x", timeout=10).status_code == 410
