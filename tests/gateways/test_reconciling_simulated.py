"""Our books against the simulators' ledgers: equal after ordinary life, and what happened only there is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import reconciling
from backoffice.models import Booking, Payment, PaymentEvent, Reconciliation, Refund
from backoffice.services import reconciliation
from tests.gateways.conftest import SIMULATED, Counter
from tests.gateways.givens import eventually
from tests.paying import fresh_payment, items
from tests.services.booked import done

GATEWAYS = ("stripe", "flutterwave")
DAY = timedelta(days=1)


def compared(
    counter: Counter, gateway: str, since: datetime | None = None, until: datetime | None = None
) -> Reconciliation:
    """A comparison of the last day, or of this span."""
    end = until or datetime.now(UTC)
    account = counter.account(gateway)
    run_id = done(lambda: reconciliation.begin(account, since or end - DAY, end, "asked", SYSTEM)).id
    reconciling.run_now(run_id)
    run = reconciliation.get(run_id)
    assert run.error is None
    return run


def paid(counter: Counter, gateway: str) -> Payment:
    payment = counter.asked(gateway)
    counter.pay(payment)
    counter.deliver()
    return fresh_payment(payment.id)


def kinds(run: Reconciliation) -> list[str]:
    return [each["kind"] for each in run.differences]


def books() -> tuple[Any, ...]:
    """What a comparison may not change: money, its uses and its history."""
    db.session.expire_all()
    events = db.session.scalar(select(func.count()).select_from(PaymentEvent))
    payments = db.session.execute(
        select(Payment.id, Payment.status, Payment.amount_minor, Payment.refunded_minor, Payment.paid_at)
        .order_by(Payment.id)
    ).all()  # fmt: skip
    refunds = db.session.execute(select(Refund.id, Refund.status).order_by(Refund.id)).all()
    bookings = db.session.execute(select(Booking.id, Booking.paid_minor).order_by(Booking.id)).all()
    return events, payments, refunds, bookings


def pay_only_there(counter: Counter, gateway: str) -> None:
    """Somebody sells something at the gateway, with our keys and without us."""
    counter.account(gateway)
    key = SIMULATED[gateway]["secret_key"]
    heads = {"Authorization": f"Bearer {key}"}
    if gateway == "stripe":
        form = {
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/done",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "gbp",
            "line_items[0][price_data][unit_amount]": "2000",
            "line_items[0][price_data][product_data][name]": "Mugs",
        }
        url = f"{counter.simulators.stripe_base}/v1/checkout/sessions"
        made = requests.post(url, data=form, headers=heads, timeout=10).json()
        counter.simulators.pay_stripe(made["id"])
    else:
        body = {
            "tx_ref": "MUGS-1",
            "amount": 20,
            "currency": "KES",
            "redirect_url": "http://127.0.0.1:9/done",
            "customer": {"email": "ann@example.com"},
        }
        url = f"{counter.simulators.flutterwave_base}/v3/payments"
        made = requests.post(url, json=body, headers=heads, timeout=10).json()
        counter.simulators.pay_flutterwave(made["data"]["link"])


def refund_there(counter: Counter, gateway: str, payment: Payment, amount_minor: int) -> None:
    """In the gateway's own dashboard; nobody tells us."""
    if gateway == "stripe":
        counter.simulators.do("stripe/refund", charge=payment.gateway_charge_id, amount=amount_minor)
    else:
        key = SIMULATED[gateway]["secret_key"]
        counter.simulators.do(
            "flutterwave/refund",
            secret_key=key,
            transaction=payment.gateway_payment_id,
            amount_minor=amount_minor,
        )
    counter.simulators.take()


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_after_ordinary_life_both_ledgers_are_equal(counter: Counter, gateway: str) -> None:
    """Paid, given back in part, refused, never paid, and paid without a message."""
    first, second = paid(counter, gateway), paid(counter, gateway)
    counter.give_back(second, second.amount_minor // 3)
    counter.deliver()
    refused = counter.asked(gateway)
    counter.pay(refused, "declined" if gateway == "stripe" else "failed")
    counter.asked(gateway)
    unheard = counter.asked(gateway)
    counter.pay(unheard)
    counter.simulators.take()
    run = compared(counter, gateway)
    assert (run.state, run.differences) == ("equal", [])
    assert fresh_payment(unheard.id).status == "succeeded"
    ledger = [line for line in counter.lines(gateway) if line["status"] in ("succeeded", "successful")]
    assert run.payments_there_minor == run.payments_here_minor == 3 * first.amount_minor
    assert run.refunds_there_minor == run.refunds_here_minor == second.amount_minor // 3
    assert sum(line["refunded_minor"] for line in ledger) == run.refunds_there_minor
    assert items() == []


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_payment_made_only_there_is_named_and_not_booked(counter: Counter, gateway: str) -> None:
    paid(counter, gateway)
    before = books()
    pay_only_there(counter, gateway)
    run = compared(counter, gateway)
    assert kinds(run) == ["unknown_here"]
    assert run.payments_there_minor - run.payments_here_minor == 20_00
    assert (books(), items()) == (before, ["reconcile_unknown_here"])


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_refund_made_there_that_nobody_told_is_named_and_not_booked(counter: Counter, gateway: str) -> None:
    payment = paid(counter, gateway)
    before = books()
    refund_there(counter, gateway, payment, 10_00)
    for _ in range(2):
        run = compared(counter, gateway)
        assert kinds(run) == ["other_refunds"]
        assert payment.reference in run.differences[0]["sentence"]
        assert (run.refunds_here_minor, run.refunds_there_minor) == (0, 10_00)
    assert (books(), items()) == (before, ["reconcile_other_refunds"])


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_amount_that_was_changed_here_is_named_and_stays(counter: Counter, gateway: str) -> None:
    payment = paid(counter, gateway)
    more = payment.amount_minor + 1
    db.session.execute(update(Payment).where(Payment.id == payment.id).values(amount_minor=more))
    db.session.commit()
    before = books()
    run = compared(counter, gateway)
    assert kinds(run) == ["other_amount"]
    assert run.payments_here_minor - run.payments_there_minor == 1
    assert (books(), items()) == (before, ["reconcile_other_amount"])


def test_another_amount_that_came_there_is_named_and_not_booked(counter: Counter) -> None:
    payment = counter.asked("flutterwave")
    counter.simulators.pay_flutterwave(str(payment.gateway_reference), amount_minor=1_00)
    counter.simulators.take()
    run = compared(counter, "flutterwave")
    assert kinds(run) == ["paid_there"]
    assert fresh_payment(payment.id).status == "pending"
    assert sorted(items()) == ["payment_mismatch", "reconcile_paid_there"]


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_payment_at_the_edge_of_a_day_is_counted_once(counter: Counter, gateway: str) -> None:
    """Begun before midnight and paid after it: lists go by the one, our books by the other."""
    payment = paid(counter, gateway)
    assert payment.paid_at is not None
    midnight = payment.paid_at
    day_before = compared(counter, gateway, midnight - DAY, midnight)
    day_after = compared(counter, gateway, midnight, midnight + DAY)
    for run, number in ((day_before, 0), (day_after, 1)):
        assert (run.state, run.payments_here, run.payments_there) == ("equal", number, number)


def test_a_charge_that_came_after_midnight_for_an_intent_of_the_day_before(counter: Counter) -> None:
    payment = counter.asked("stripe")
    counter.simulators.pay_stripe(str(payment.gateway_reference), bank="succeeds", bank_seconds=2)
    eventually(lambda: counter.ledger("stripe")["status"] == "succeeded")
    assert counter.due(payment) == "succeeded"
    paid_at = fresh_payment(payment.id).paid_at
    assert paid_at is not None
    for since, until, number in ((paid_at - DAY, paid_at, 0), (paid_at, paid_at + DAY, 1)):
        run = compared(counter, "stripe", since, until)
        assert (run.state, run.payments_here, run.payments_there) == ("equal", number, number)
