"""Two schedulers look at the same table at the same moment: each slot is done once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier
from time import time
from typing import Any

from sqlalchemy import select

from backoffice.database import db
from backoffice.jobs import schedule
from backoffice.jobs.schedule import Periodic
from backoffice.models import PeriodicRun
from backoffice.services import periodic_runs
from backoffice.tenancy import tenant_scope
from tests.races.arena import Arena

SCHEDULERS = 8
SLOTS = 25
EVERY = timedelta(seconds=10)


def test_of_many_schedulers_one_gets_each_slot(arena: Arena) -> None:
    first = int(time()) // 10
    for slot in range(first, first + SLOTS):
        taken = arena.run(*[lambda slot=slot: periodic_runs.claim("race", slot, EVERY)] * SCHEDULERS)
        assert sorted(taken) == [False] * (SCHEDULERS - 1) + [True]


def test_looking_first_and_writing_then_gives_a_slot_to_several(arena: Arena) -> None:
    """The control of the test above."""
    arena.run(lambda: periodic_runs.claim("race", 1, EVERY))
    have_looked = Barrier(SCHEDULERS)

    def claim() -> bool:
        run = db.session.scalars(select(PeriodicRun)).one()
        is_free = run.slot < 2
        have_looked.wait()
        run.slot = 2
        return is_free

    assert sum(arena.run(*[claim] * SCHEDULERS)) > 1


def test_two_schedulers_run_the_table_once(arena: Arena) -> None:
    ran: list[str] = []
    table = tuple(Periodic(f"race-{number}", 10, _running(ran, f"race-{number}")) for number in range(6))
    now = 1_900_000_003.0
    for turn in range(4):
        arena.run(*[lambda turn=turn: schedule.tick({}, now + 10 * turn, table)] * 2)
    assert sorted(ran) == sorted(entry.name for entry in table for _ in range(4))


def _running(ran: list[str], name: str) -> Any:
    def run() -> int:
        ran.append(name)
        return 1

    return run


def test_a_slow_run_does_not_speak_for_the_one_after_it(arena: Arena) -> None:
    arena.run(lambda: periodic_runs.claim("slow", 1, EVERY))
    arena.run(lambda: periodic_runs.claim("slow", 2, EVERY))
    arena.run(lambda: periodic_runs.note_failed("slow", 1, "Too late."))
    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id):
        run = periodic_runs.all_runs()["slow"]
        assert (run.slot, run.ended_at, run.error) == (2, None, None)
