"""The server around the simulators: its state, its faults, many callers at once, and who may control it."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from backoffice.launch.plan import free_port
from tests.simulated import Simulators, start, stop

KEY = "sk_test_simulator_server"


def connect(simulators: Simulators) -> stripe.StripeClient:
    return stripe.StripeClient(KEY, base_addresses={"api": simulators.stripe_base}, max_network_retries=0)


def open_session(client: stripe.StripeClient) -> str:
    item: Any = {
        "quantity": 1,
        "price_data": {"currency": "gbp", "unit_amount": 10_000, "product_data": {"name": "x"}},
    }
    wanted: Any = {"mode": "payment", "success_url": "https://x.example", "line_items": [item]}
    return client.v1.checkout.sessions.create(wanted).id


def test_state_and_promised_webhooks_outlive_a_kill(tmp_path: Path) -> None:
    state, port = tmp_path / "deep" / "state.sqlite", free_port()
    simulators = Simulators(f"http://127.0.0.1:{port}")
    first = start(port, state)
    client = connect(simulators)
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/x", "enabled_events": ["*"]})
    simulators.pay_stripe(open_session(client), tell="late", seconds=600)
    first.kill()
    first.wait()
    second = start(port, state)
    try:
        assert simulators.ledger("stripe", KEY)[0]["status"] == "succeeded"
        assert {row["state"] for row in simulators.deliveries()} == {"waiting"}
    finally:
        stop(second)
    assert second.returncode == 0


def test_a_thousand_refunds_at_once_never_exceed_the_charge(simulators: Simulators) -> None:
    client = connect(simulators)
    intent = simulators.pay_stripe(open_session(client))["payment_intent"]

    def refund(_number: int) -> int:
        reply = requests.post(
            f"{simulators.stripe_base}/v1/refunds",
            data={"payment_intent": intent, "amount": 300},
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=60,
        )
        return reply.status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(refund, range(1_000)))
    assert (answers.count(200), answers.count(400)) == (33, 967)
    assert simulators.ledger("stripe", KEY)[0]["refunded_minor"] == 9_900


def test_one_key_asked_for_at_once_makes_one_refund(simulators: Simulators) -> None:
    client = connect(simulators)
    intent = simulators.pay_stripe(open_session(client))["payment_intent"]

    def refund(_number: int) -> str:
        made = client.v1.refunds.create({"payment_intent": intent, "amount": 100}, {"idempotency_key": "one"})
        return made.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(refund, range(24)))) == 1
    assert simulators.ledger("stripe", KEY)[0]["refunded_minor"] == 100


def test_a_share_of_the_replies_is_lost(simulators: Simulators) -> None:
    simulators.faults(lost_replies=0.5)
    client, lost = connect(simulators), 0
    for _ in range(60):
        try:
            client.v1.balance.retrieve()
        except stripe.APIConnectionError:
            lost += 1
    assert 10 < lost < 50


def test_slowness_is_felt_by_callers_and_not_by_the_control(simulators: Simulators) -> None:
    simulators.faults(slow_ms=300)
    began = time.monotonic()
    connect(simulators).v1.balance.retrieve()
    assert time.monotonic() - began > 0.3
    began = time.monotonic()
    simulators.ask("")
    assert time.monotonic() - began < 0.3


def test_a_wrong_deed_is_told(simulators: Simulators) -> None:
    for deed, said, status in (
        ("faults", {"gremlins": 1}, 400),
        ("stripe/pay", {}, 400),
        ("stripe/pay", {"session": "cs_none"}, 400),
        ("stripe/refund", {"charge": "ch_none"}, 400),
        ("mpesa/pay", {"prompt": "none"}, 400),
        ("flutterwave/pay", {"link": "none"}, 400),
        ("stripe/fly", {}, 404),
    ):
        reply = requests.post(f"{simulators.url}/control/{deed}", json=said, timeout=10)
        assert reply.status_code == status, (deed, reply.text)


def test_a_page_of_the_web_cannot_reach_the_control(simulators: Simulators) -> None:
    reset = f"{simulators.url}/control/reset"
    assert requests.post(reset, data={"a": "b"}, timeout=10).status_code == 415
    rebound = requests.post(reset, json={}, headers={"Host": "evil.example"}, timeout=10)
    assert rebound.status_code == 403


def test_a_reset_forgets_everything(simulators: Simulators) -> None:
    client = connect(simulators)
    simulators.pay_stripe(open_session(client))
    simulators.faults(slow_ms=5)
    simulators.reset()
    assert simulators.ledger("stripe", KEY) == []
    assert simulators.ask("")["faults"]["slow_ms"] == 0


def test_the_front_page_leads_to_the_telephone(simulators: Simulators) -> None:
    page = requests.get(simulators.url, timeout=10).text
    assert "SIMULATOR – no money moves" in page
    assert 'href="/mpesa/phone"' in page


def test_a_busy_gateway_did_nothing(simulators: Simulators) -> None:
    client = connect(simulators)
    simulators.faults(busy=1.0)
    with pytest.raises(stripe.RateLimitError):
        open_session(client)
    simulators.faults(busy=0)
    assert client.v1.checkout.sessions.list().data == []
