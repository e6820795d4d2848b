"""Flutterwave's module against a Flutterwave of our own: pages that are paid, refused, closed, and asked about."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from backoffice.domain.gateway_terms import Charge, GatewayDelayed, GatewayRefused, Notice, Pointer, Standing
from backoffice.gateways import flutterwave
from backoffice.gateways.flutterwave import FlutterwaveGateway
from tests.gateways.givens import account_of, charge_of, pointer_of, refund_of
from tests.simulated import Simulators

KEY = "FLWSECK_TEST-simulator-of-these-tests"
HASH = "a-hash-for-these-tests"


@pytest.fixture
def gateway(simulators: Simulators) -> FlutterwaveGateway:
    base = simulators.flutterwave_base
    return flutterwave.open_account(account_of("flutterwave", base=base, secret_key=KEY, secret_hash=HASH))


def shillings(**values: Any) -> Charge:
    return charge_of(**{"amount_minor": 150_050, "currency": "KES"} | values)


def started(gateway: FlutterwaveGateway, **values: Any) -> Pointer:
    charge = shillings(**values)
    return pointer_of(charge, gateway.start(charge))


def pay(simulators: Simulators, payment: Pointer, **said: Any) -> str:
    answer = simulators.do("flutterwave/pay", secret_key=KEY, tx_ref=payment.reference, **said)
    return str(answer["transaction"])


def paid(gateway: FlutterwaveGateway, simulators: Simulators, **values: Any) -> Pointer:
    """A payment that came, with their id."""
    payment = started(gateway, **values)
    return replace(payment, gateway_payment_id=pay(simulators, payment))


def about(transaction: str | None, **values: Any) -> Notice:
    """What a message says that nobody signed."""
    said = Standing("succeeded", gateway_payment_id=transaction, **values)
    return Notice(is_proof=False, payment=said)


def over(payment: Pointer, minutes: int = 1) -> Pointer:
    return replace(payment, ends_at=datetime.now(UTC) - timedelta(minutes=minutes))


# --- Asking for money ---


def test_a_charge_becomes_a_page_to_pay_on(gateway: FlutterwaveGateway) -> None:
    charge = shillings()
    begun = gateway.start(charge)
    assert begun.url is not None
    assert requests.get(begun.url, timeout=10).ok
    assert begun.gateway_reference == begun.url
    assert gateway.ask(pointer_of(charge, begun)).status == "pending"


def test_without_an_address_there_is_no_page(gateway: FlutterwaveGateway) -> None:
    with pytest.raises(GatewayRefused, match="e-mail"):
        gateway.start(shillings(payer_email=None))


def test_what_flutterwave_does_not_take_is_refused_in_its_words(gateway: FlutterwaveGateway) -> None:
    with pytest.raises(GatewayRefused, match="Flutterwave: .*not supported"):
        gateway.start(shillings(currency="XXX"))


# --- Asking how it stands ---


def test_a_paid_page_says_all_that_we_keep(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = started(gateway)
    transaction = pay(simulators, payment)
    for said in (gateway.ask(payment), gateway.ask(payment, about(transaction))):
        assert (said.status, said.amount_minor, said.currency) == ("succeeded", 150_050, "KES")
        assert (said.reference, said.gateway_payment_id) == (payment.reference, transaction)
        assert said.fee_minor is not None
        assert 0 < said.fee_minor < 150_050
        assert said.paid_at is not None
        assert abs(said.paid_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_another_amount_is_said_as_what_came(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = started(gateway)
    pay(simulators, payment, amount_minor=100)
    assert gateway.ask(payment).amount_minor == 100


def test_a_refused_card_is_not_the_end_of_an_open_page(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payment = started(gateway)
    failed = pay(simulators, payment, status="failed")
    said = gateway.ask(payment, about(failed))
    assert (said.status, said.failure_reason) == ("pending", "Declined")
    pay(simulators, payment)
    assert gateway.ask(payment, about(failed)).status == "succeeded"


def test_a_message_about_somebody_elses_transaction_pays_nothing(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    theirs = paid(gateway, simulators)
    ours = started(gateway)
    for transaction in (theirs.gateway_payment_id, "0", "../../balances", "٤", "999999999", None):
        assert gateway.ask(ours, about(transaction)).status == "pending"


@pytest.mark.parametrize(
    ("made", "minutes", "status"),
    [
        (None, 1, "cancelled"),
        ("failed", 1, "failed"),
        ("pending", 1, "pending"),
        ("pending", 90, "cancelled"),
        ("successful", 90, "succeeded"),
    ],
)
def test_when_its_time_is_up_a_page_is_over_unless_money_is_on_its_way(
    gateway: FlutterwaveGateway, simulators: Simulators, made: str | None, minutes: int, status: str
) -> None:
    payment = started(gateway)
    if made:
        pay(simulators, payment, status=made)
    assert gateway.ask(over(payment, minutes)).status == status


# --- Ending ---


def test_a_closed_page_cannot_be_paid(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = started(gateway)
    assert gateway.end(payment).status == "cancelled"
    assert gateway.end(payment).status == "cancelled"
    with pytest.raises(AssertionError):
        pay(simulators, payment)


def test_a_page_that_was_paid_before_it_was_closed_is_paid(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    assert gateway.end(paid(gateway, simulators)).status == "succeeded"


def test_a_payment_under_way_keeps_a_closed_page_open(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payment = started(gateway)
    transaction = pay(simulators, payment, status="pending")
    assert gateway.end(payment).status == "pending"
    simulators.do("flutterwave/finish", transaction=transaction, status="successful")
    assert gateway.end(payment).status == "succeeded"


def test_a_page_whose_address_was_lost_is_open_until_its_time_is_up(gateway: FlutterwaveGateway) -> None:
    payment = replace(started(gateway), gateway_reference=None)
    assert gateway.end(payment).status == "pending"
    assert gateway.end(over(payment)).status == "cancelled"


# --- Giving back ---


def test_a_part_goes_back(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    ask = refund_of(payment, 50_025)
    said = gateway.refund(ask)
    assert (said.status, said.amount_minor, said.currency) == ("succeeded", 50_025, "KES")
    assert (said.refund_id, said.gateway_payment_id) == (ask.refund_id, payment.gateway_payment_id)
    asked = gateway.ask_refund(replace(ask, gateway_refund_id=said.gateway_refund_id))
    assert asked is not None
    assert (asked.status, asked.refund_id) == ("succeeded", ask.refund_id)


def test_a_refund_whose_answer_was_lost_is_found_by_our_id(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payment = paid(gateway, simulators)
    other, ask = refund_of(payment, 50_000), refund_of(payment, 50_000)
    gateway.refund(other)
    assert gateway.ask_refund(ask) is None
    simulators.faults(lost_replies=1.0)
    with pytest.raises(GatewayDelayed):
        gateway.refund(ask)
    simulators.faults(lost_replies=0.0)
    found = gateway.ask_refund(ask)
    assert found is not None
    assert found.refund_id == ask.refund_id
    (line,) = simulators.ledger("flutterwave", KEY)
    assert line["refunded_minor"] == 100_000


def test_more_than_is_left_is_refused(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    gateway.refund(refund_of(payment, 100_000))
    with pytest.raises(GatewayRefused, match="left"):
        gateway.refund(refund_of(payment, 50_051))


def test_a_payment_is_given_back_by_its_reference_too(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payment = replace(paid(gateway, simulators), gateway_payment_id=None)
    assert gateway.refund(refund_of(payment)).status == "succeeded"
    with pytest.raises(GatewayRefused, match="no money"):
        gateway.refund(refund_of(pointer_of(shillings())))


# --- What it tells, and the whole account ---


def told(gateway: FlutterwaveGateway, simulators: Simulators) -> list[Notice]:
    notices = []
    for each in simulators.take():
        received = gateway.receive(each["body"].encode(), each["headers"], datetime.now(UTC))
        assert received.payload == json.loads(each["body"])
        notices.append(gateway.understand(received.payload))
    return notices


def test_its_own_messages_lead_to_the_answer(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    url = "http://127.0.0.1:9/hook"
    simulators.do("flutterwave/webhook", secret_key=KEY, url=url, secret_hash=HASH)
    simulators.faults(hold_webhooks=True)
    payment = paid(gateway, simulators)
    (notice,) = told(gateway, simulators)
    assert notice.payment is not None
    assert notice.payment.reference == payment.reference
    assert gateway.ask(payment, notice).status == "succeeded"


def test_a_refund_made_in_the_dashboard_is_found_by_asking(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    url = "http://127.0.0.1:9/hook"
    payment = paid(gateway, simulators)
    simulators.do("flutterwave/webhook", secret_key=KEY, url=url, secret_hash=HASH)
    simulators.faults(hold_webhooks=True)
    done = simulators.do("flutterwave/refund", transaction=payment.gateway_payment_id, amount_minor=50_000)
    (notice,) = told(gateway, simulators)
    said = gateway.ask(payment, notice)
    assert (said.status, said.refunded_minor) == ("succeeded", 50_000)
    (refund,) = said.refunds
    assert (refund.gateway_refund_id, refund.refund_id) == (str(done["refund"]), None)
    simulators.do("flutterwave/fail_refund", refund=done["refund"])
    (failed,) = told(gateway, simulators)
    said = gateway.ask(payment, failed)
    assert (said.refunded_minor, said.refunds[0].status) == (0, "failed")


def test_every_payment_of_a_span_is_listed_with_its_refunds(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payments = [paid(gateway, simulators) for _ in range(11)]  # more than a page
    asks = [refund_of(payments[0], 100 + index) for index in range(11)]
    for ask in asks:
        gateway.refund(ask)
    now = datetime.now(UTC)
    listed = list(gateway.list_payments(now - timedelta(hours=1), now + timedelta(minutes=1)))
    assert {each.reference for each in listed} == {each.reference for each in payments}
    first = next(each for each in listed if each.reference == payments[0].reference)
    assert {each.refund_id for each in first.refunds} == {each.refund_id for each in asks}
    assert first.refunded_minor == sum(each.amount_minor for each in asks)
    assert list(gateway.list_payments(now - timedelta(days=9), now - timedelta(days=8))) == []


# --- Keys ---


def test_the_account_answers(gateway: FlutterwaveGateway) -> None:
    assert gateway.check() == "Flutterwave answered to the secret key, test mode."


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("test", "FLWSECK-real-money"),
        ("live", "FLWSECK_TEST-play-money"),
        ("test", ""),
        ("test", "FLWPUBK-1"),
    ],
)
def test_a_key_of_the_other_mode_asks_nothing(simulators: Simulators, mode: str, key: str) -> None:
    base = simulators.flutterwave_base
    wrong = flutterwave.open_account(account_of("flutterwave", base=base, mode=mode, secret_key=key))
    with pytest.raises(GatewayRefused):
        wrong.check()
    with pytest.raises(GatewayRefused):
        wrong.start(shillings())


def test_wrong_keys_decide_nothing_about_a_payment(
    gateway: FlutterwaveGateway, simulators: Simulators
) -> None:
    payment = paid(gateway, simulators)
    base = simulators.flutterwave_base
    wrong = flutterwave.open_account(account_of("flutterwave", base=base, secret_key="FLWSECK_TEST-wrong"))
    with pytest.raises(GatewayRefused):
        wrong.check()
    asking: tuple[Callable[[], Any], ...] = (
        lambda: wrong.ask(payment),
        lambda: wrong.end(payment),
        lambda: wrong.refund(refund_of(payment)),
        lambda: wrong.ask_refund(refund_of(payment)),
    )
    for ask in asking:
        with pytest.raises(GatewayDelayed):
            ask()


def test_a_flutterwave_in_trouble_is_asked_again(gateway: FlutterwaveGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    simulators.faults(server_errors=1.0)
    for ask in (lambda: gateway.ask(payment), lambda: gateway.end(payment)):
        with pytest.raises(GatewayDelayed):
            ask()
