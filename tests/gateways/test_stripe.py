"""Stripe's module against a Stripe of our own on a real socket: asked twice, answered late, answered never."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from backoffice.domain.gateway_terms import Charge, GatewayDelayed, GatewayRefused, Pointer, Started
from backoffice.gateways import stripe
from backoffice.gateways.stripe import StripeGateway
from tests.gateways.givens import account_of, charge_of, pointer_of, refund_of
from tests.simulated import Simulators

KEY = "sk_test_simulator_of_these_tests"


@pytest.fixture
def gateway(simulators: Simulators) -> StripeGateway:
    return stripe.open_account(account_of("stripe", base=simulators.stripe_base, secret_key=KEY))


def paid(gateway: StripeGateway, simulators: Simulators, **values: object) -> Pointer:
    """A payment that came, as it is known before its gateway is asked."""
    charge = charge_of(**values)
    started = gateway.start(charge)
    assert simulators.pay_stripe(started.gateway_reference)["outcome"] == "paid"
    return pointer_of(charge, started)


def known(gateway: StripeGateway, payment: Pointer) -> Pointer:
    """The same once the gateway has said its names."""
    said = gateway.ask(payment)
    return replace(
        payment, gateway_payment_id=said.gateway_payment_id, gateway_charge_id=said.gateway_charge_id
    )


# --- Asking for money ---


def test_a_charge_becomes_a_page_to_pay_on(gateway: StripeGateway) -> None:
    charge = charge_of()
    started = gateway.start(charge)
    assert started.gateway_reference.startswith("cs_")
    assert started.url is not None
    assert requests.get(started.url, timeout=10).ok
    assert started.ends_at == charge.ends_at.replace(microsecond=0)
    assert gateway.ask(pointer_of(charge, started)).status == "pending"


def test_the_same_charge_again_is_the_same_attempt(gateway: StripeGateway, simulators: Simulators) -> None:
    charge = charge_of()
    first = gateway.start(charge)
    assert gateway.start(charge) == first
    assert gateway.start(charge_of()) != first


def test_after_a_lost_answer_the_attempt_is_the_one_that_was_made(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    charge = charge_of()
    simulators.faults(lost_replies=1.0)
    with pytest.raises(GatewayDelayed):
        gateway.start(charge)
    simulators.faults(lost_replies=0.0)
    started = gateway.start(charge)
    assert gateway.start(charge) == started


def test_a_page_that_would_end_too_soon_gets_the_shortest_life(gateway: StripeGateway) -> None:
    started = gateway.start(charge_of(ends_at=datetime.now(UTC) + timedelta(minutes=5)))
    assert started.ends_at is not None
    assert started.ends_at - datetime.now(UTC) > timedelta(minutes=30)


def test_a_customer_who_is_gone_there_still_gets_a_page(gateway: StripeGateway) -> None:
    started = gateway.start(charge_of(saved_customer="cus_deleted"))
    assert started.url


def test_an_amount_that_stripe_does_not_take_is_refused_in_its_words(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRefused, match="Stripe: ") as refusal:
        gateway.start(charge_of(amount_minor=0))
    assert KEY not in str(refusal.value)


# --- Asking how it stands ---


def test_a_paid_page_says_all_that_we_keep(gateway: StripeGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    said = gateway.ask(payment)
    assert (said.status, said.amount_minor, said.currency) == ("succeeded", 7500, "GBP")
    assert (said.payment_id, said.reference) == (payment.payment_id, payment.reference)
    assert (said.gateway_payment_id or "").startswith("pi_")
    assert (said.gateway_charge_id or "").startswith("ch_")
    assert said.fee_minor is not None
    assert 0 < said.fee_minor < 7500
    assert (said.refunded_minor, said.refunds) == (0, ())
    assert said.paid_at is not None
    assert abs(said.paid_at - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_payment_is_found_by_its_intent_as_well(gateway: StripeGateway, simulators: Simulators) -> None:
    payment = known(gateway, paid(gateway, simulators))
    said = gateway.ask(replace(payment, gateway_reference=None))
    assert (said.status, said.payment_id) == ("succeeded", payment.payment_id)


def test_a_refused_card_leaves_the_page_open(gateway: StripeGateway, simulators: Simulators) -> None:
    charge = charge_of()
    started = gateway.start(charge)
    simulators.pay_stripe(started.gateway_reference, card="declined")
    assert gateway.ask(pointer_of(charge, started)).status == "pending"
    simulators.pay_stripe(started.gateway_reference, card="good")
    assert gateway.ask(pointer_of(charge, started)).status == "succeeded"


@pytest.mark.parametrize(("minutes", "status"), [(5, "pending"), (-1, "cancelled")])
def test_a_page_that_nobody_ever_saw_ends_with_its_time(
    gateway: StripeGateway, minutes: int, status: str
) -> None:
    payment = pointer_of(charge_of(), ends_at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert gateway.ask(payment).status == status


def test_a_customer_who_asked_for_it_is_known_next_time(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    saved = gateway.ask(paid(gateway, simulators, saves_method=True)).saved_customer
    assert (saved or "").startswith("cus_")
    again = paid(gateway, simulators, saved_customer=saved, saves_method=True)
    assert gateway.ask(again).saved_customer == saved


# --- Ending ---


def test_an_open_page_is_closed(gateway: StripeGateway, simulators: Simulators) -> None:
    charge = charge_of()
    started = gateway.start(charge)
    assert gateway.end(pointer_of(charge, started)).status == "cancelled"
    assert gateway.end(pointer_of(charge, started)).status == "cancelled"
    with pytest.raises(AssertionError):
        simulators.pay_stripe(started.gateway_reference)


def test_a_page_that_was_paid_before_it_was_closed_is_paid(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    assert gateway.end(paid(gateway, simulators)).status == "succeeded"


@pytest.mark.parametrize(("seconds", "status"), [(5, "pending"), (300, "cancelled")])
def test_a_page_that_was_never_made_can_end_once_no_answer_is_under_way(
    gateway: StripeGateway, seconds: int, status: str
) -> None:
    started_at = datetime.now(UTC) - timedelta(seconds=seconds)
    assert gateway.end(pointer_of(charge_of(), started_at=started_at)).status == status


# --- Giving back ---


def test_a_refund_asked_twice_is_one(gateway: StripeGateway, simulators: Simulators) -> None:
    payment = known(gateway, paid(gateway, simulators))
    ask = refund_of(payment, 2500)
    first = gateway.refund(ask)
    assert first.status in ("processing", "succeeded")
    assert (first.amount_minor, first.currency, first.refund_id) == (2500, "GBP", ask.refund_id)
    assert gateway.refund(ask).gateway_refund_id == first.gateway_refund_id
    assert gateway.ask(payment).refunded_minor == 2500


def test_a_refund_whose_answer_was_lost_is_found_by_our_id(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    payment = known(gateway, paid(gateway, simulators))
    ask = refund_of(payment, 2500)
    assert gateway.ask_refund(ask) is None
    simulators.faults(lost_replies=1.0)
    with pytest.raises(GatewayDelayed):
        gateway.refund(ask)
    simulators.faults(lost_replies=0.0)
    found = gateway.ask_refund(ask)
    assert found is not None
    assert found.refund_id == ask.refund_id
    by_theirs = gateway.ask_refund(replace(ask, gateway_refund_id=found.gateway_refund_id))
    assert by_theirs is not None
    assert by_theirs.gateway_refund_id == found.gateway_refund_id


def test_more_than_is_left_is_refused(gateway: StripeGateway, simulators: Simulators) -> None:
    payment = known(gateway, paid(gateway, simulators))
    gateway.refund(refund_of(payment, 5000))
    with pytest.raises(GatewayRefused):
        gateway.refund(refund_of(payment, 2501))
    assert gateway.refund(refund_of(payment, 2500)).status in ("processing", "succeeded")


def test_a_refund_of_nothing_that_came_is_refused(gateway: StripeGateway) -> None:
    charge = charge_of()
    with pytest.raises(GatewayRefused, match="no money"):
        gateway.refund(refund_of(pointer_of(charge, gateway.start(charge))))


# --- The whole account ---


def test_every_payment_of_a_span_is_listed_with_its_refunds(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    payments = [known(gateway, paid(gateway, simulators)) for _ in range(3)]
    asks = [refund_of(payments[0], 100 + index) for index in range(12)]  # more than a charge holds
    for ask in asks:
        gateway.refund(ask)
    now = datetime.now(UTC)
    listed = list(gateway.list_payments(now - timedelta(hours=1), now + timedelta(minutes=1)))
    by_id = {each.payment_id: each for each in listed}
    assert by_id.keys() >= {each.payment_id for each in payments}
    first = by_id[payments[0].payment_id]
    assert {each.refund_id for each in first.refunds} == {each.refund_id for each in asks}
    assert first.refunded_minor == sum(each.amount_minor for each in asks)
    assert list(gateway.list_payments(now - timedelta(days=9), now - timedelta(days=8))) == []


def test_the_account_says_its_name_and_mode(gateway: StripeGateway) -> None:
    assert gateway.check().startswith("Stripe answered: ")
    assert "test mode" in gateway.check()


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("test", "sk_live_real_money"),
        ("test", "rk_live_real_money"),
        ("live", "sk_test_play_money"),
        ("test", "pk_test_publishable"),
        ("test", ""),
    ],
)
def test_a_key_of_the_other_mode_asks_nothing(simulators: Simulators, mode: str, key: str) -> None:
    wrong = stripe.open_account(account_of("stripe", base=simulators.stripe_base, mode=mode, secret_key=key))
    with pytest.raises(GatewayRefused) as refusal:
        wrong.check()
    assert not key or key not in str(refusal.value)
    with pytest.raises(GatewayRefused):
        wrong.start(charge_of())


def test_while_the_keys_are_wrong_nothing_is_decided_about_a_payment(
    gateway: StripeGateway, simulators: Simulators
) -> None:
    payment = known(gateway, paid(gateway, simulators))
    wrong = stripe.open_account(account_of("stripe", base=simulators.stripe_base, secret_key="sk_live_other"))
    for asking in (
        lambda: wrong.ask(payment),
        lambda: wrong.end(payment),
        lambda: wrong.refund(refund_of(payment)),
        lambda: wrong.ask_refund(refund_of(payment)),
    ):
        with pytest.raises(GatewayDelayed):
            asking()


def test_a_stripe_that_is_down_is_asked_again() -> None:
    down = stripe.open_account(account_of("stripe", base="http://127.0.0.1:9"))
    charge = charge_of()
    started = Started("cs_test_1")
    with pytest.raises(GatewayDelayed):
        down.start(charge)
    with pytest.raises(GatewayDelayed):
        down.ask(pointer_of(charge, started))


# --- What it tells ---


def test_its_own_events_are_signed_and_understood(gateway: StripeGateway, simulators: Simulators) -> None:
    made = requests.post(
        f"{simulators.stripe_base}/v1/webhook_endpoints",
        data={"url": "http://127.0.0.1:9/hook", "enabled_events[0]": "*"},
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=10,
    ).json()
    listening = stripe.open_account(
        account_of("stripe", base=simulators.stripe_base, secret_key=KEY, webhook_secret=made["secret"])
    )
    simulators.faults(hold_webhooks=True)
    payment = known(gateway, paid(gateway, simulators))
    gateway.refund(refund_of(payment, 2500))
    simulators.do("stripe/dispute", payment_intent=payment.gateway_payment_id, amount=5000)
    told = [(each, json.loads(each["body"])["type"]) for each in simulators.take()]
    assert {kind for _, kind in told} >= {
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "charge.refunded",
        "charge.dispute.created",
    }
    for each, kind in told:
        received = listening.receive(each["body"].encode(), each["headers"], datetime.now(UTC))
        notice = listening.understand(received.payload)
        assert received.kind == kind
        if notice.payment and notice.payment.status == "succeeded":
            assert notice.payment.payment_id == payment.payment_id
            assert notice.payment.amount_minor == 7500


def test_a_description_of_any_letters_reaches_the_page(gateway: StripeGateway) -> None:
    charge: Charge = charge_of(description="日本語 & <b>" + "x" * 400, payer_name="Ünï")
    assert gateway.start(charge).url
