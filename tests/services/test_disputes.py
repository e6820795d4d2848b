"""Disputes: an open one is to be answered, a lost one has taken the money, and no order of the messages matters."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.gateway_terms import Dispute
from backoffice.domain.reconciling import compare
from backoffice.models import Payment, Refund, WorkItem
from backoffice.services import disputes, reconciliation_sides, refund_standings
from tests.paying import STRIPE, booking_of, fresh_payment, history, settled, started, word
from tests.services.booked import done

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")

OPEN = Dispute(None, "ch_1", 75_00, "GBP", "fraudulent", is_open=True, name="du_1")
WON = replace(OPEN, reason="fraudulent, won", is_open=False)
LOST = replace(OPEN, reason="fraudulent, lost", is_open=False, is_lost=True)


def paid() -> Payment:
    payment = started()
    settled(payment)
    return fresh_payment(payment.id)


def told(payment: Payment, *said: Dispute) -> None:
    for dispute in said:
        done(lambda: disputes.note(payment.id, dispute, STRIPE, datetime.now(UTC)))  # noqa: B023


def to_answer() -> list[str]:
    wanted = select(WorkItem.kind).where(WorkItem.resolved_at.is_(None)).order_by(WorkItem.id)
    return list(db.session.scalars(wanted))


def test_an_open_dispute_is_to_be_answered_once_and_moves_no_money() -> None:
    payment = paid()
    told(payment, OPEN, replace(OPEN, reason="under review"))
    assert to_answer() == ["dispute"]
    assert fresh_payment(payment.id).refunded_minor == 0


@pytest.mark.parametrize("order", list(permutations((OPEN, OPEN, WON))))
def test_a_dispute_that_was_won_leaves_nothing_to_answer(order: tuple[Dispute, ...]) -> None:
    payment = paid()
    told(payment, *order)
    assert to_answer() == []
    assert fresh_payment(payment.id).refunded_minor == 0
    assert history(payment).count("dispute_closed") == 1


@pytest.mark.parametrize("order", list(permutations((OPEN, LOST, LOST))))
def test_a_lost_dispute_stands_once_as_a_refund_to_be_confirmed(order: tuple[Dispute, ...]) -> None:
    payment = paid()
    told(payment, *order)
    (refund,) = db.session.scalars(select(Refund))
    assert (refund.is_external, refund.status, refund.acknowledged_at) == (True, "succeeded", None)
    assert refund.gateway_refund_id == "dispute:du_1"
    assert booking_of(payment).payment_status == "refunded"
    assert to_answer() == []


def test_two_disputes_of_one_payment_are_two() -> None:
    payment = paid()
    told(payment, OPEN, replace(WON, name="du_2"))
    assert to_answer() == ["dispute"]


def test_the_gateways_sums_of_refunds_are_without_disputes_and_so_are_ours_beside_them() -> None:
    payment = paid()
    told(payment, replace(LOST, amount_minor=50_00))
    here = reconciliation_sides.find_here(payment.id)
    assert here is not None
    assert list(compare(here, word(payment, refunded_minor=0))) == []
    # A refund beside it is not hidden by it.
    done(lambda: refund_standings.follow_total(payment.id, 10_00, STRIPE, datetime.now(UTC)))
    assert fresh_payment(payment.id).refunded_minor == 60_00
