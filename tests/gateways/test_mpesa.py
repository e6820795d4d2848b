"""M-Pesa's module against an M-Pesa of our own: prompts that are answered, left alone, and asked about."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backoffice.domain.gateway_terms import (
    Charge,
    GatewayDelayed,
    GatewayRefused,
    Notice,
    Pointer,
    RefundStanding,
    Standing,
)
from backoffice.gateways import mpesa
from backoffice.gateways.mpesa import MpesaGateway
from tests.gateways.givens import account_of, charge_of, eventually, pointer_of, refund_of
from tests.simulated import Simulators

KEY = "simulator-of-these-tests"


@pytest.fixture
def gateway(simulators: Simulators) -> MpesaGateway:
    return mpesa.open_account(account_of("mpesa", base=simulators.mpesa_base, consumer_key=KEY))


def shillings(**values: Any) -> Charge:
    return charge_of(**{"amount_minor": 150_000, "currency": "KES"} | values)


def started(gateway: MpesaGateway, **values: Any) -> Pointer:
    charge = shillings(**values)
    return pointer_of(charge, gateway.start(charge))


def callback(simulators: Simulators, gateway: MpesaGateway) -> Notice:
    """The one message that was sent."""
    (told,) = simulators.take()
    received = gateway.receive(told["body"].encode(), told["headers"], datetime.now(UTC))
    return gateway.understand(received.payload)


def paid(gateway: MpesaGateway, simulators: Simulators) -> Pointer:
    """A payment that came, with its receipt."""
    payment = started(gateway)
    answer = simulators.do("mpesa/pay", prompt=payment.gateway_reference, ending="pay")
    return replace(payment, gateway_payment_id=answer["receipt"])


# --- Asking for money ---


def test_a_prompt_is_sent_to_the_payers_telephone(gateway: MpesaGateway, simulators: Simulators) -> None:
    payment = started(gateway, payer_phone="0712 345 678")
    assert (payment.gateway_reference or "").startswith("ws_CO_")
    (line,) = simulators.ledger("mpesa", KEY)
    assert (line["phone"], line["amount_minor"]) == ("254712345678", 150_000)
    assert line["reference"] == payment.reference.replace("-", "")[-12:]
    assert gateway.ask(payment).status == "pending"


def test_a_second_prompt_on_one_telephone_is_refused_at_once(gateway: MpesaGateway) -> None:
    started(gateway)
    with pytest.raises(GatewayRefused, match="already in process"):
        started(gateway)


@pytest.mark.parametrize(
    "values",
    [
        {"amount_minor": 150_050},
        {"amount_minor": 0},
        {"currency": "GBP"},
        {"payer_phone": "+447700900123"},
        {"payer_phone": None},
        {"amount_minor": 25_000_100},
    ],
)
def test_what_m_pesa_cannot_take_is_refused_with_a_reason(
    gateway: MpesaGateway, simulators: Simulators, values: dict[str, Any]
) -> None:
    with pytest.raises(GatewayRefused) as refusal:
        gateway.start(shillings(**values))
    assert str(refusal.value)
    assert simulators.ledger("mpesa", KEY) == []


def test_a_prompt_whose_answer_was_lost_is_neither_refused_nor_over(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    gateway.check()
    simulators.faults(lost_replies=1.0)
    charge = shillings()
    with pytest.raises(GatewayDelayed):
        gateway.start(charge)
    assert gateway.ask(pointer_of(charge)).status == "pending"
    over = pointer_of(charge, ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert gateway.ask(over).status == "cancelled"


# --- Asking how it stands ---


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("pay", "succeeded"),
        ("wrong_pin", "failed"),
        ("no_money", "failed"),
        ("cancel", "cancelled"),
        ("timeout", "cancelled"),
    ],
)
def test_the_query_says_how_a_prompt_ended(
    gateway: MpesaGateway, simulators: Simulators, ending: str, status: str
) -> None:
    payment = started(gateway)
    simulators.do("mpesa/pay", prompt=payment.gateway_reference, ending=ending, tell="never")
    for said in (gateway.ask(payment), gateway.end(payment)):
        assert said.status == status
        assert (said.failure_reason is None) is (status == "succeeded")
        assert (said.amount_minor, said.gateway_payment_id) == (None, None)


def test_a_paid_prompts_callback_brings_amount_and_receipt(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    simulators.faults(hold_webhooks=True)
    payment = started(gateway)
    receipt = simulators.do("mpesa/pay", prompt=payment.gateway_reference, ending="pay")["receipt"]
    said = gateway.ask(payment, callback(simulators, gateway))
    assert (said.status, said.amount_minor, said.currency) == ("succeeded", 150_000, "KES")
    assert (said.gateway_payment_id, said.gateway_reference) == (receipt, payment.gateway_reference)
    assert said.paid_at is not None
    assert abs(said.paid_at - datetime.now(UTC)) < timedelta(minutes=1)


def forged(payment: Pointer, **values: Any) -> Notice:
    """What somebody who found the address out could send."""
    said = Standing(
        "succeeded",
        amount_minor=150_000,
        currency="KES",
        payment_id=payment.payment_id,
        gateway_reference=payment.gateway_reference,
        gateway_payment_id="FORGED0001",
    )
    return Notice(is_proof=False, payment=replace(said, **values))


@pytest.mark.parametrize("ending", [None, "cancel", "no_money"])
def test_a_forged_success_is_not_believed(
    gateway: MpesaGateway, simulators: Simulators, ending: str | None
) -> None:
    payment = started(gateway)
    if ending:
        simulators.do("mpesa/pay", prompt=payment.gateway_reference, ending=ending, tell="never")
    said = gateway.ask(payment, forged(payment))
    assert said.status != "succeeded"
    assert (said.amount_minor, said.gateway_payment_id) == (None, None)


def test_a_callback_about_another_prompt_tells_nothing(gateway: MpesaGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    said = gateway.ask(payment, forged(payment, gateway_reference="ws_CO_other"))
    assert (said.status, said.amount_minor, said.gateway_payment_id) == ("succeeded", None, None)


def test_a_forged_failure_does_not_undo_what_came(gateway: MpesaGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    assert gateway.ask(payment, forged(payment, status="failed")).status == "succeeded"


def test_a_callback_finds_the_prompt_whose_answer_was_lost(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    simulators.faults(hold_webhooks=True)
    payment = started(gateway)
    simulators.do("mpesa/pay", prompt=payment.gateway_reference, ending="pay")
    lost = replace(payment, gateway_reference=None)
    said = gateway.ask(lost, callback(simulators, gateway))
    assert (said.status, said.amount_minor) == ("succeeded", 150_000)
    assert said.gateway_reference == payment.gateway_reference


def test_a_prompt_that_m_pesa_does_not_know_is_refused(gateway: MpesaGateway) -> None:
    with pytest.raises(GatewayRefused):
        gateway.ask(pointer_of(shillings(), gateway_reference="ws_CO_nobody"))


# --- Giving back ---


def result_of(simulators: Simulators, gateway: MpesaGateway) -> RefundStanding:
    told: list[Any] = eventually(simulators.take)
    notice = gateway.understand(json.loads(told[0]["body"]))
    assert notice.refund is not None
    return notice.refund


def test_a_reversal_is_under_way_until_its_result_comes(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    payment = paid(gateway, simulators)
    simulators.quiet()
    simulators.faults(hold_webhooks=True)
    ask = refund_of(payment)
    taken = gateway.refund(ask)
    assert (taken.status, taken.amount_minor, taken.refund_id) == ("processing", 150_000, ask.refund_id)
    asked = gateway.ask_refund(replace(ask, gateway_refund_id=taken.gateway_refund_id))
    assert asked == taken
    said = result_of(simulators, gateway)
    assert (said.status, said.amount_minor) == ("succeeded", 150_000)
    (line,) = simulators.ledger("mpesa", KEY)
    assert (line["refunded_minor"], line["refunds"][0]["id"]) == (150_000, said.gateway_refund_id)


def test_a_reversal_asked_for_again_after_a_lost_answer_gives_back_once(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    payment = paid(gateway, simulators)
    simulators.quiet()
    simulators.faults(hold_webhooks=True, lost_replies=1.0)
    ask = refund_of(payment)
    with pytest.raises(GatewayDelayed):
        gateway.refund(ask)
    simulators.faults(lost_replies=0.0)
    first = result_of(simulators, gateway)
    assert gateway.ask_refund(ask) is None
    gateway.refund(ask)
    second = result_of(simulators, gateway)
    assert (first.status, second.status) == ("succeeded", "succeeded")
    (line,) = simulators.ledger("mpesa", KEY)
    assert len(line["refunds"]) == 1


def test_parts_and_payments_without_a_receipt_go_back_by_hand(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    assert gateway.gives_back_parts is False
    payment = paid(gateway, simulators)
    with pytest.raises(GatewayRefused, match="by hand"):
        gateway.refund(refund_of(payment, 50_000))
    with pytest.raises(GatewayRefused, match="by hand"):
        gateway.refund(refund_of(replace(payment, gateway_payment_id=None)))


# --- Keys and tokens ---


def test_the_shortcode_and_mode_are_said(gateway: MpesaGateway) -> None:
    assert gateway.check() == "M-Pesa answered: shortcode 174379, test mode."


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret", "shortcode", "passkey"])
def test_a_missing_key_is_named(simulators: Simulators, name: str) -> None:
    bare = mpesa.open_account(account_of("mpesa", base=simulators.mpesa_base, **{name: ""}))
    with pytest.raises(GatewayRefused, match=name.replace("_", " ")):
        bare.check()


def test_wrong_keys_are_refused_and_decide_nothing(gateway: MpesaGateway, simulators: Simulators) -> None:
    payment = paid(gateway, simulators)
    wrong = mpesa.open_account(
        account_of("mpesa", base=simulators.mpesa_base, consumer_key=KEY, consumer_secret="of-another-app")
    )
    with pytest.raises(GatewayRefused) as refusal:
        wrong.check()
    assert "of-another-app" not in str(refusal.value)
    asking: tuple[Callable[[], Any], ...] = (
        lambda: wrong.ask(payment),
        lambda: wrong.end(payment),
        lambda: wrong.refund(refund_of(payment)),
    )
    for ask in asking:
        with pytest.raises(GatewayDelayed):
            ask()


def test_a_token_that_is_not_taken_any_longer_is_fetched_anew(
    gateway: MpesaGateway, simulators: Simulators
) -> None:
    gateway.check()
    simulators.reset()  # it forgets the token, we do not
    assert started(gateway).gateway_reference


def test_an_m_pesa_that_is_down_is_asked_again() -> None:
    down = mpesa.open_account(account_of("mpesa", base="http://127.0.0.1:9", consumer_key="another"))
    for ask in (lambda: down.check(), lambda: down.start(shillings())):
        with pytest.raises(GatewayDelayed):
            ask()


def test_it_lists_nothing(gateway: MpesaGateway) -> None:
    now = datetime.now(UTC)
    assert gateway.can_list is False
    assert list(gateway.list_payments(now - timedelta(days=1), now)) == []
