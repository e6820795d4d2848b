"""The control report says what the comparisons with the gateways found, and equal only where they looked at every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.times import day_bounds
from backoffice.jobs import reconciling
from backoffice.models import Payment
from backoffice.services import reconciliation, reports
from backoffice.services.reports import rows
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import snapshot
from backoffice.services.reports.tables import Asked
from tests.paying import account_of, fresh_payment, settled, started, word
from tests.services.booked import done
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway

pytestmark = pytest.mark.usefixtures("tenant")
LONDON = "Europe/London"
NOW = datetime.now(UTC)
DAY = NOW.date() - timedelta(days=2)
PAID_AT = day_bounds(DAY, LONDON)[0] + timedelta(hours=12)


def paid(gateway: StandIn, there_minor: int = 75_00) -> Payment:
    """Paid two days ago on both sides, at the gateway with this amount; the account was there before."""
    payment = started()
    settled(payment, paid_at=NOW)
    account_of().created_at = PAID_AT - timedelta(days=1)
    db.session.execute(update(Payment).values(paid_at=PAID_AT))
    db.session.commit()
    gateway.standings[payment.id] = word(payment, paid_at=PAID_AT, amount_minor=there_minor)
    return fresh_payment(payment.id)


def compared(*days: int, kind: str = "night") -> None:
    for ago in days:
        begin, end = day_bounds(NOW.date() - timedelta(days=ago), LONDON)
        run_id = done(partial(reconciliation.begin, account_of(), begin, end, kind, SYSTEM)).id
        reconciling.run_now(run_id)


def control(first: int = 2, last: int = 1) -> tuple[Any, ...]:
    """The figures of the one gateway; its rows add up to its net."""
    days = Period(NOW.date() - timedelta(days=first), NOW.date() - timedelta(days=last))
    asked = Asked("control", "paid", days, LONDON, "GBP", NOW)
    report = reports.get("control")
    with snapshot() as reader:
        (table,) = report.run(reader, asked).tables
        (line,) = table.lines
        whole = rows.extent(reader, report.detail(reader, asked, "GBP", line.key))
    assert whole.sums["net_minor"] == line.values[2]
    assert table.total is not None
    assert table.total[:5] == line.values[:5]
    return line.values


def test_before_any_comparison_nothing_is_said_of_the_gateway(gateway: StandIn) -> None:
    paid(gateway)
    assert control() == (75_00, 0, 75_00, None, None, "Not reconciled yet")


def test_a_part_of_the_days_is_no_control(gateway: StandIn) -> None:
    paid(gateway)
    compared(2)
    assert control() == (75_00, 0, 75_00, None, None, "1 of 2 days compared")


def test_finished_comparisons_of_all_days_are_equal_to_the_penny(gateway: StandIn) -> None:
    paid(gateway)
    compared(2, 1)
    assert control() == (75_00, 0, 75_00, 75_00, 0, "Equal")


def test_a_difference_is_shown_until_a_later_comparison_finds_none(gateway: StandIn) -> None:
    payment = paid(gateway, there_minor=74_99)
    compared(2, 1)
    assert control()[3:] == (74_99, 1, "Different: look at the comparison")
    gateway.standings[payment.id] = word(payment, paid_at=PAID_AT)
    compared(2, kind="asked")
    assert control()[3:] == (75_00, 0, "Equal")


def test_days_to_come_are_not_waited_for(gateway: StandIn) -> None:
    paid(gateway)
    compared(2, 1)
    assert control(2, -30)[5] == "2 of 3 days compared"
