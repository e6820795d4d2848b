"""Bookers of called-off dates who do not answer, over a bad line: each gets all of it back once, at the gateway too."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.jobs import called_off as job
from backoffice.models import Payment, Refund, ScheduleChoice
from backoffice.services import called_off
from backoffice.services.called_off import CallOff
from tests.gateways.conftest import Counter
from tests.paying import booking_of
from tests.services.booked import ADMIN, done

BOOKERS = 4
MOST_ASKED = 40


@pytest.mark.parametrize("gateway", ["stripe", "flutterwave"])
def test_what_was_announced_goes_back_once_over_a_bad_line(counter: Counter, gateway: str) -> None:
    payments = [counter.asked(gateway) for _ in range(BOOKERS)]
    for payment in payments:
        counter.pay(payment)
    counter.deliver()
    wanted = CallOff("The trainer is ill.", datetime.now(UTC) + timedelta(days=7))
    for payment in payments:
        done(partial(called_off.call_off, booking_of(payment).schedule_id, wanted, ADMIN))
    db.session.execute(update(ScheduleChoice).values(apply_at=func.now()))
    db.session.commit()
    counter.simulators.faults(lost_replies=0.4)
    assert [job.apply_fallbacks(), job.apply_fallbacks()] == [BOOKERS, 0]
    refunds = list(db.session.scalars(select(Refund.id)))
    for refund_id in refunds:
        for _ in range(MOST_ASKED):
            if counter.carry_on(refund_id).status == "succeeded":
                break
            counter.deliver()
    counter.simulators.faults(lost_replies=0.0)
    counter.deliver()
    db.session.expire_all()
    whole = payments[0].amount_minor
    assert {each.refunded_minor for each in db.session.scalars(select(Payment))} == {whole}
    assert [line["refunded_minor"] for line in counter.lines(gateway)] == [whole] * BOOKERS
    assert [refund.is_external for refund in db.session.scalars(select(Refund))] == [False] * BOOKERS
