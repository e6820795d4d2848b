"""`flask reconcile` against the simulators: what it prints, and its exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result

from backoffice.commands import reconcile
from backoffice.database import db
from tests.gateways.conftest import Counter
from tests.gateways.conftest import counter as counter
from tests.gateways.conftest import counter_app as counter_app
from tests.paying import items


@pytest.fixture
def run(counter: Counter) -> Iterator[Any]:
    """The command, run for the counter's tenant; its session is its own."""

    def invoke(*words: str) -> Result:
        slug = counter.provider.slug
        db.session.remove()
        return counter.app.test_cli_runner().invoke(args=["reconcile", "--tenant", slug, *words])

    yield invoke
    db.session.remove()


def paid(counter: Counter, gateway: str = "stripe") -> Any:
    payment = counter.asked(gateway)
    counter.pay(payment)
    counter.deliver()
    return payment


def test_equal_books_are_a_line_and_a_good_end(counter: Counter, run: Any) -> None:
    paid(counter)
    result = run()
    assert result.exit_code == 0, result.output
    heading, line = result.output.splitlines()
    assert heading.split() == ["tenant", "gateway", "span", "ours", "theirs", "differences"]
    assert [counter.provider.slug, "Stripe"] == line.split()[:2]
    assert line.split()[-3:] == ["£75.00", "£75.00", "0"]


def test_a_difference_is_said_in_words_and_ends_with_1(counter: Counter, run: Any) -> None:
    paid(counter)
    charge = counter.ledger("stripe")["charge"]
    counter.simulators.do("stripe/refund", charge=charge, amount=10_00)
    result = run("--days", "1")
    assert result.exit_code == 1, result.output
    assert "given back £0.00 here and £10.00 there" in result.output
    assert items() == ["reconcile_other_refunds"]


def test_a_gateway_that_does_not_answer_ends_with_2(counter: Counter, run: Any) -> None:
    paid(counter)
    counter.simulators.faults(lost_requests=1.0)
    result = run()
    counter.simulators.faults(lost_requests=0.0)
    assert result.exit_code == 2, result.output
    assert "Not compared: " in result.output


def test_a_difference_outweighs_a_silent_gateway() -> None:
    different, silent = {"kind": "paid_there"}, {"kind": "no_answer"}
    run_of = reconcile.Reconciliation
    assert reconcile._code(run_of(state="different", differences=[silent, different])) == 1
    assert reconcile._code(run_of(state="different", differences=[silent])) == 2
    assert reconcile._code(run_of(state="failed", differences=[])) == 2
    assert reconcile._code(run_of(state="equal", differences=[])) == 0


def test_what_cannot_be_is_refused(run: Any) -> None:
    assert run("--days", "0").exit_code == 2
    assert "no tenant" in run("--tenant", "nobody").output


def test_a_tenant_without_accounts_has_nothing_to_compare(run: Any) -> None:
    result = run()
    assert (result.exit_code, len(result.output.splitlines())) == (0, 1)
