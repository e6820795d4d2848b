"""From the clerk's wish to our ledger and the gateway's: the same money in both, whatever is lost on the way."""

import json
import random
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.jobs import gateways
from backoffice.models import Payment, Refund
from backoffice.services import settling
from tests.gateways.conftest import Counter
from tests.gateways.givens import eventually
from tests.paying import booking_of, fresh_payment, history, items
from tests.services.booked import mails

GATEWAYS = ("stripe", "mpesa", "flutterwave")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_paid_attempt_confirms_its_booking_by_the_gateways_message(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    counter.pay(payment)
    messages = counter.simulators.take()
    assert messages
    random.Random(7).shuffle(messages)  # noqa: S311  any order will do
    counter.deliver(messages + messages)
    payment = fresh_payment(payment.id)
    assert payment.status == "succeeded"
    assert booking_of(payment).status == "confirmed"
    assert mails() == ["booking_confirmed"]
    assert (payment.gateway_payment_id, payment.next_check_at is None) != (None, False)
    assert history(payment).count("succeeded") == 1


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_message_that_never_comes_is_asked_for(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    assert counter.due(payment) == "already pending"
    counter.pay(payment)
    counter.simulators.take()
    assert counter.due(payment) == "succeeded"
    assert booking_of(fresh_payment(payment.id)).status == "confirmed"


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_a_refused_card_keeps_the_attempt_open_and_a_good_one_pays_it(counter: Counter, gateway: str) -> None:
    """The page stays open for another card: the places are kept, and the questions go on."""
    payment = counter.asked(gateway)
    counter.pay(payment, "declined" if gateway == "stripe" else "failed")
    assert counter.deliver()
    payment = fresh_payment(payment.id)
    assert payment.status == "pending"
    assert payment.next_check_at is not None
    assert counter.due(payment) == "already pending"
    counter.pay(payment)
    counter.deliver()
    assert fresh_payment(payment.id).status == "succeeded"
    assert mails() == ["booking_confirmed"]


@pytest.mark.parametrize(
    "first", ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"]
)
def test_whichever_message_pays_brings_the_customer_for_the_next_time(counter: Counter, first: str) -> None:
    payment = counter.asked("stripe", saves_method=True)
    counter.pay(payment)
    counter.deliver([each for each in counter.simulators.take() if each["kind"] == first])
    payment = fresh_payment(payment.id)
    assert payment.status == "succeeded"
    known = settling.find_customer(payment.customer_id, counter.account("stripe").id)
    assert (known or "").startswith("cus_")


def test_a_prompt_that_is_put_away_ends_the_attempt(counter: Counter) -> None:
    payment = counter.asked("mpesa")
    counter.pay(payment, "cancel")
    counter.deliver()
    payment = fresh_payment(payment.id)
    assert (payment.status, payment.failure_reason) == ("cancelled", "Request cancelled by user.")


def test_a_prompt_whose_answer_was_lost_is_paid_by_its_callback(counter: Counter) -> None:
    payment = counter.asked("mpesa")
    prompt = payment.gateway_reference
    lost = update(Payment).where(Payment.id == payment.id).values(gateway_reference=None)
    db.session.execute(lost)
    db.session.commit()
    counter.simulators.do("mpesa/pay", prompt=prompt, ending="pay")
    counter.deliver()
    payment = fresh_payment(payment.id)
    assert (payment.status, payment.gateway_reference) == ("succeeded", prompt)


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_when_the_hold_ends_the_page_is_closed_first(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    gateways.end_attempts(booking_of(payment).id)
    payment = fresh_payment(payment.id)
    assert payment.status == "cancelled"
    with pytest.raises(AssertionError):
        counter.pay(payment)


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_payment_quicker_than_the_end_of_the_hold_is_booked(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    counter.pay(payment)
    gateways.end_attempts(booking_of(payment).id)
    assert fresh_payment(payment.id).status == "succeeded"


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_half_goes_back_once_in_both_ledgers(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    counter.pay(payment)
    counter.deliver()
    half = payment.amount_minor // 2
    refund_id = counter.give_back(payment, half)
    counter.deliver()
    assert counter.carry_on(refund_id).status == "succeeded"
    counter.deliver()
    line = counter.ledger(gateway)
    assert (line["refunded_minor"], len(line["refunds"])) == (half, 1)
    assert fresh_payment(payment.id).refunded_minor == half
    assert db.session.scalars(select(Refund.is_external)).all() == [False]


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_a_refund_whose_answer_was_lost_is_made_once(counter: Counter, gateway: str) -> None:
    payment = counter.asked(gateway)
    counter.pay(payment)
    counter.deliver()
    half = payment.amount_minor // 2
    counter.simulators.faults(lost_replies=1.0)
    refund_id = counter.give_back(payment, half)
    assert counter.refund(refund_id).status == "processing"
    counter.simulators.faults(lost_replies=0.0)
    assert counter.carry_on(refund_id).status == "succeeded"
    assert counter.ledger(gateway)["refunded_minor"] == half
    counter.deliver()
    assert db.session.scalars(select(Refund.is_external)).all() == [False]


def test_a_whole_m_pesa_payment_goes_back_when_its_result_comes(counter: Counter) -> None:
    payment = counter.asked("mpesa")
    counter.pay(payment)
    counter.deliver()
    refund_id = counter.give_back(payment, payment.amount_minor)
    assert counter.refund(refund_id).status == "processing"
    assert counter.carry_on(refund_id).status == "processing"
    eventually(lambda: counter.ledger("mpesa")["refunds"])
    counter.deliver(eventually(counter.simulators.take))
    refund = counter.refund(refund_id)
    assert refund.status == "succeeded"
    assert refund.receipt == counter.ledger("mpesa")["refunds"][0]["id"]
    assert fresh_payment(payment.id).refunded_minor == payment.amount_minor


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_a_refund_made_in_the_dashboard_is_written_down_once(counter: Counter, gateway: str) -> None:
    """Abuse case C5."""
    payment = counter.asked(gateway)
    counter.pay(payment)
    counter.deliver()
    payment = fresh_payment(payment.id)
    named = {"payment_intent": payment.gateway_payment_id, "amount": 1000}
    if gateway == "flutterwave":
        named = {"transaction": payment.gateway_payment_id, "amount_minor": 1000}
    counter.simulators.do(f"{gateway}/refund", **named)
    messages = counter.simulators.take()
    counter.deliver(messages)
    counter.deliver(list(reversed(messages)))
    found = [(each.is_external, each.amount_minor) for each in db.session.scalars(select(Refund))]
    assert found == [(True, 1000)]
    assert fresh_payment(payment.id).refunded_minor == 1000


def test_another_amount_than_was_asked_for_pays_nothing(counter: Counter) -> None:
    """Abuse case B8."""
    payment = counter.asked("flutterwave")
    counter.simulators.do("flutterwave/pay", link=payment.gateway_reference, amount_minor=100)
    counter.deliver()
    assert fresh_payment(payment.id).status == "pending"
    assert booking_of(payment).status != "confirmed"
    assert items() == ["payment_mismatch"]


def forged_callback(counter: Counter, payment: Payment) -> dict[str, Any]:
    """The right shape, sent to the right address, for a prompt that nobody answered."""
    values = [{"Name": "Amount", "Value": 7500}, {"Name": "MpesaReceiptNumber", "Value": "FORGED0001"}]
    said = {
        "CheckoutRequestID": payment.gateway_reference,
        "ResultCode": 0,
        "CallbackMetadata": {"Item": values},
    }
    path = f"/api/payments/webhooks/mpesa/{counter.account('mpesa').path}/{payment.id}"
    return {"url": f"http://x{path}", "headers": {}, "body": json.dumps({"Body": {"stkCallback": said}})}


def test_a_forged_callback_pays_nothing(counter: Counter) -> None:
    """Abuse case B16."""
    payment = counter.asked("mpesa")
    assert counter.deliver([forged_callback(counter, payment)]) == ["already pending"]
    payment = fresh_payment(payment.id)
    assert (payment.status, payment.gateway_payment_id) == ("pending", None)
    assert booking_of(payment).status != "confirmed"


def test_taken_at_its_word_the_forged_callback_would_pay(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the question that is asked first."""
    payment = counter.asked("mpesa")
    monkeypatch.setattr(gateways, "_proven", lambda _gateway, _payment, notice: notice.payment)
    counter.deliver([forged_callback(counter, payment)])
    assert booking_of(fresh_payment(payment.id)).status == "confirmed"


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_another_accounts_secret_opens_nothing(counter: Counter, gateway: str) -> None:
    """Abuse case B1."""
    payment = counter.asked(gateway)
    counter.pay(payment)
    (message, *_) = counter.simulators.take()
    for name in list(message["headers"]):
        if name.lower() in ("stripe-signature", "verif-hash"):
            message["headers"][name] = "t=1,v1=00" if gateway == "stripe" else "hash-of-another"
    assert counter.knock(message) == 400
    assert fresh_payment(payment.id).status == "pending"
