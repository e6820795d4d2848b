"""Replies are lost, messages come twice and in any order, workers are killed: our ledger is the gateway's to the penny."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from backoffice.config import PROJECT
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import gateways, reconciling, refunds
from backoffice.models import Payment
from backoffice.services import reconciliation
from tests.crash.money_house import MoneyHouse, money_house, now, wait_for
from tests.paying import account_of
from tests.races import sums
from tests.servers import MakeDatabase
from tests.services.booked import done
from tests.simulated import Simulators

pytestmark = pytest.mark.slow

CLERKS = 3
EACH = 8
KILLS = 4
TELLING = ("now", "twice", "late", "never")
PENDING = """
SELECT (SELECT count(*) FROM gateway_events WHERE processed_at IS NULL AND dead_at IS NULL)
     + (SELECT count(*) FROM payments WHERE status <> 'succeeded')
     + (SELECT count(*) FROM refunds WHERE status <> 'succeeded')
"""
DEAD = "SELECT kind, last_error FROM gateway_events WHERE dead_at IS NOT NULL"
PAID_EVENTS = "SELECT count(*) FROM payment_events WHERE kind = 'succeeded' GROUP BY payment_id"
REFUND_EVENTS = "SELECT count(*) FROM payment_events WHERE kind = 'refund_succeeded' GROUP BY refund_id"
CONFIRMED = "SELECT count(*) FROM messages WHERE template = 'booking_confirmed' GROUP BY booking_id"

# Does one job and dies at one of its commits: before it, or right after it.
KILLED = """
import os, sys
from sqlalchemy import event
from backoffice import create_app
from backoffice.database import TenantSession
from backoffice.jobs import gateways, refunds

job, tenant_id, row_id, moment, number = sys.argv[1:]
app, seen = create_app(), []

@event.listens_for(TenantSession, moment)
def die(session):
    seen.append(1)
    if len(seen) == int(number):
        os._exit(9)

with app.app_context():
    {"event": gateways.apply_event, "refund": refunds.carry_out}[job](tenant_id, row_id)
"""
# Claimed and nothing done; everything done and not committed; committed and not said to anybody.
MOMENTS = (("after_commit", 1), ("before_commit", 2), ("after_commit", 2))


@pytest.fixture
def house(
    make_database: MakeDatabase, server_folder: Path, redis_url: str, simulators: Simulators
) -> Iterator[MoneyHouse]:
    urls = make_database()
    with money_house(urls, server_folder, redis_url, simulators) as found:
        yield found
    assert sums.that_differ(urls.owner) == []


def counted(house: MoneyHouse, statement: str) -> Counter[int]:
    return Counter(number for (number,) in house.sql(statement))


# --- Under load ---


def sell(house: MoneyHouse, clerk: int) -> None:
    """Payments one after the other; every third is given back in part, every sixth in the dashboard."""
    payments = [pay(house, f"{clerk}-{number}", number) for number in range(EACH)]
    for number, payment in enumerate(payments):
        if number % 3 == 0:
            assert wait_for(lambda: is_paid(house, payment.id), 40, lambda: None), payment.reference  # noqa: B023
            house.give_back(payment.id, 25_00)


def pay(house: MoneyHouse, key: str, number: int, telling: str | None = None) -> Payment:
    payment = house.ask(key)
    is_by_hand = number % 6 == 5
    telling = telling or ("now" if is_by_hand else random.Random(key).choice(TELLING))
    paid = house.simulators.pay_stripe(str(payment.gateway_reference), tell=telling, seconds=2)
    if is_by_hand:
        house.simulators.do("stripe/refund", payment_intent=paid["payment_intent"], amount=10_00)
    return payment


def is_paid(house: MoneyHouse, payment_id: UUID) -> bool:
    return house.sql(f"SELECT status FROM payments WHERE id = '{payment_id}'") == [("succeeded",)]


def kill_and_sweep(house: MoneyHouse) -> None:
    """The scheduler's work, and kill -9 of a worker again and again, each time when something was done since."""
    for _ in range(KILLS):
        before = applied(house)
        assert wait_for(lambda: applied(house) > before + 2, 120, house.sweep), "nothing is worked on"  # noqa: B023
        house.start_worker()
        house.kill_worker()


def applied(house: MoneyHouse) -> int:
    return int(house.sql("SELECT count(*) FROM gateway_events WHERE processed_at IS NOT NULL")[0][0])


def test_the_ledger_is_the_gateways_after_lost_replies_and_killed_workers(house: MoneyHouse) -> None:
    house.simulators.faults(lost_replies=0.2, duplicate=1, shuffle=True)
    for _ in range(2):
        house.start_worker()
    with ThreadPoolExecutor(CLERKS) as pool:
        selling = [pool.submit(sell, house, clerk) for clerk in range(CLERKS)]
        kill_and_sweep(house)
        assert wait_for(lambda: all(each.done() for each in selling), 120, house.sweep)
        for each in selling:
            each.result()
    assert wait_for(lambda: house.sql(PENDING) == [(0,)], 120, house.sweep), (
        house.differences(),
        house.sql(DEAD),
    )

    payments = CLERKS * EACH
    assert len(house.theirs()) == payments
    assert house.differences() == []
    assert house.sql(DEAD) == []
    assert counted(house, PAID_EVENTS) == counted(house, CONFIRMED) == {1: payments}
    assert set(counted(house, REFUND_EVENTS)) == {1}
    house.simulators.faults(lost_replies=0, lost_webhooks=1)
    assert reconciled(house) == ("equal", [])
    assert_dropped_effects_are_found(house)


def reconciled(house: MoneyHouse) -> tuple[str, list[str]]:
    """What the program's own comparison says: its state, and the kinds of what differs."""
    with house.inside():
        since, until = now() - timedelta(days=1), now() + timedelta(seconds=1)
        run_id = done(lambda: reconciliation.begin(account_of(), since, until, "asked", SYSTEM)).id
        reconciling.run_now(run_id)
        run = reconciliation.get(run_id)
        return run.state, [each["kind"] for each in run.differences]


def assert_dropped_effects_are_found(house: MoneyHouse) -> None:
    """The control: a payment and a refund of which nobody tells us are named by the same comparison."""
    first = house.simulators.ledger("stripe", "sk_test_simulator_kills")[-1]
    house.simulators.do("stripe/refund", payment_intent=first["id"], amount=1_00)
    untold = pay(house, "untold", 0)
    assert house.differences() == sorted([first["reference"], untold.reference])
    assert reconciled(house)[0] == "different"


# --- Between store and effect ---


def killed(house: MoneyHouse, job: str, row_ids: list[UUID]) -> None:
    """Each row's worker dies at a moment of its own."""
    running = []
    for row_id, (moment, number) in zip(row_ids, MOMENTS, strict=True):
        words = [job, str(house.tenant_id), str(row_id), moment, str(number)]
        command = [sys.executable, "-c", KILLED, *words]
        running.append(subprocess.Popen(command, cwd=PROJECT, env=house.environ(), stderr=subprocess.PIPE))
    for process in running:
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 9, said.decode()[-800:]


def kept_events(house: MoneyHouse) -> list[UUID]:
    """One proving event of each of three payments, stored and not applied."""
    house.simulators.faults(hold_webhooks=True)
    for number, _ in enumerate(MOMENTS):
        pay(house, f"kept-{number}", 0, "now")
    told, until = 0, time.monotonic() + 20
    while told < len(MOMENTS) and time.monotonic() < until:  # its messages come a little after the payments
        for message in house.simulators.take():
            if message["kind"] == "payment_intent.succeeded":
                assert knock(message) == 200
                told += 1
        time.sleep(0.1)
    found = house.sql("SELECT id, kind FROM gateway_events ORDER BY id")
    assert [kind for _, kind in found] == ["payment_intent.succeeded"] * len(MOMENTS), found
    return [event_id for event_id, _ in found]


def knock(message: dict[str, Any]) -> int:
    return requests.post(
        message["url"], data=message["body"].encode(), headers=message["headers"], timeout=20
    ).status_code


def test_a_worker_killed_between_store_and_effect_leaves_it_to_the_next_one(house: MoneyHouse) -> None:
    """Abuse case H: the event is stored and answered; whoever applies it dies before, in and after its commit."""
    events = kept_events(house)
    killed(house, "event", events)
    assert counted(house, PAID_EVENTS) == {1: 1}  # the last one died after its commit
    again(house, "event", events)
    assert house.differences() == []
    assert counted(house, PAID_EVENTS) == counted(house, CONFIRMED) == {1: 3}

    given = [house.give_back(payment_id, 25_00) for (payment_id,) in house.sql("SELECT id FROM payments")]
    killed(house, "refund", given)
    assert counted(house, REFUND_EVENTS) == {1: 1}
    assert [len(line[3]) for line in house.theirs().values()].count(1) == 2  # one was made there and not kept
    assert len(house.differences()) == 1
    again(house, "refund", given)
    assert house.differences() == []
    assert counted(house, REFUND_EVENTS) == {1: 3}


def again(house: MoneyHouse, job: str, row_ids: list[UUID]) -> None:
    """The claims of the dead run out, and another worker is rung for everything, twice."""
    house.sql("UPDATE gateway_events SET next_attempt_at = now(); UPDATE refunds SET next_check_at = now()")
    work = {"event": gateways.apply_event, "refund": refunds.carry_out}[job]
    for row_id in row_ids * 2:
        with house.app.app_context():
            work(str(house.tenant_id), str(row_id))
