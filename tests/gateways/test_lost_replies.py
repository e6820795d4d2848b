"""A bad line to the gateways: two in five replies are lost, and both ledgers still say the same."""

import pytest

from backoffice.database import db
from backoffice.models import Payment, Refund
from tests.gateways.conftest import Counter
from tests.paying import fresh_payment

PAYMENTS = 5
MOST_ASKED = 40


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_both_ledgers_are_the_same_after_a_bad_line(counter: Counter, gateway: str) -> None:
    payments = [counter.asked(gateway) for _ in range(PAYMENTS)]
    for payment in payments:
        counter.pay(payment)
    counter.simulators.faults(lost_replies=0.4)
    counter.simulators.take()  # no message comes either
    for payment in payments:
        assert any(_is_paid(counter, payment) for _ in range(MOST_ASKED))
    refunds = [counter.give_back(payment, payment.amount_minor // 3) for payment in payments]
    for refund_id in refunds:
        assert any(counter.carry_on(refund_id).status == "succeeded" for _ in range(MOST_ASKED))
    counter.simulators.faults(lost_replies=0.0)
    counter.deliver()
    assert _ours() == _theirs(counter, gateway)
    assert [each.is_external for each in db.session.query(Refund)] == [False] * PAYMENTS


def _is_paid(counter: Counter, payment: Payment) -> bool:
    counter.due(payment)
    return fresh_payment(payment.id).status == "succeeded"


def _ours() -> dict[str, tuple[int, int]]:
    db.session.expire_all()
    return {each.reference: (each.amount_minor, each.refunded_minor) for each in db.session.query(Payment)}


def _theirs(counter: Counter, gateway: str) -> dict[str, tuple[int, int]]:
    return {
        line["reference"]: (line["amount_minor"], line["refunded_minor"]) for line in counter.lines(gateway)
    }
