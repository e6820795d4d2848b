"""Whoever is killed and however many answer at once: each booker of a called-off date gets the money back once."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.jobs import called_off as job
from backoffice.models import ScheduleChoice
from backoffice.services import called_off
from backoffice.services.called_off import Answer, CallOff, answering
from tests import factories
from tests.races.arena import Arena, order, outcomes, placing

BOOKINGS = 6
ADMIN = factories.actor("admin")
BOOKER = Actor("customer", name="Visitor")
# What holds a second refund of the same choice up, apart from the turnstile: taken away for the control.
NO_KEY = "DROP INDEX uq_refunds_idempotency_key"
NO_SUMS = (
    "ALTER TABLE payments DROP CONSTRAINT ck_payments_refunded_within_amount; "
    "DROP TRIGGER within_share ON refunds"
)

# Does the periodic work and dies at one of its commits: before it, or right after it.
KILLED = """
import json, os, sys
from pathlib import Path
from sqlalchemy import event
from backoffice import create_app
from backoffice.database import TenantSession
from backoffice.jobs import called_off
from tests.servers import DatabaseUrls, settings_for

urls, folder, redis_url, moment, number = json.loads(sys.argv[1])
app = create_app(settings_for(DatabaseUrls(**urls), Path(folder), redis_url))
seen = []

@event.listens_for(TenantSession, moment)
def die(session):
    seen.append(1)
    if len(seen) == number:
        os._exit(9)

with app.app_context():
    called_off.apply_fallbacks()
"""


def called_off_date(arena: Arena, bookings: int = BOOKINGS) -> list[UUID]:
    """The choices of a date whose bookers paid 75.00 each and did not answer in time."""
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    arena.run(*(placing(order(schedule_id, number, method="cash")) for number in range(bookings)))
    wanted = CallOff("The trainer is ill.", datetime.now(UTC) + timedelta(days=7))
    arena.run(lambda: called_off.call_off(schedule_id, wanted, ADMIN).id)
    arena.sql("UPDATE schedule_choices SET deadline_at = now(), apply_at = now()")
    with arena.inside():
        return list(db.session.scalars(select(ScheduleChoice.id)))


def given_back(arena: Arena) -> list[tuple]:
    """(refunds, their sum) of each payment."""
    return arena.sql(
        "SELECT count(*), sum(amount_minor) FROM refunds GROUP BY payment_id ORDER BY payment_id"
    )


def apply(choice_id: UUID) -> bool:
    return called_off.apply_fallback(choice_id)


def test_the_default_is_applied_once_by_many_workers(arena: Arena) -> None:
    choices = called_off_date(arena)
    found = arena.run(*(partial(apply, choice_id) for _ in range(4) for choice_id in choices), threads=24)
    assert sorted(map(str, found)) == ["False"] * (3 * BOOKINGS) + ["True"] * BOOKINGS
    assert given_back(arena) == [(1, 75_00)] * BOOKINGS


def test_of_different_answers_at_once_one_counts(arena: Arena) -> None:
    (choice_id,) = called_off_date(arena, 1)
    arena.sql("UPDATE schedule_choices SET deadline_at = now() + interval '1 day'")
    answers = [partial(called_off.answer, choice_id, Answer(way), BOOKER) for way in ("refunded", "credited")]

    def one(answer: partial) -> bool:
        return bool(answer()[1])

    found = arena.run(*(partial(one, answer) for answer in answers * 6))
    assert found.count(True) == 1
    assert given_back(arena) == [(1, 75_00)]


def test_without_the_turnstile_and_the_key_money_would_go_back_twice(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the tests above."""
    (choice_id,) = called_off_date(arena, 1)
    arena.sql(NO_KEY)
    arena.sql(NO_SUMS)
    all_have_read = threading.Barrier(8)

    def unlocked(wanted: UUID) -> ScheduleChoice:
        choice = db.session.get_one(ScheduleChoice, wanted)
        with suppress(threading.BrokenBarrierError):  # tried again: nobody else comes
            all_have_read.wait(timeout=10)
        return choice

    monkeypatch.setattr(answering, "_locked", unlocked)
    arena.run(*(partial(apply, choice_id) for _ in range(8)))
    assert given_back(arena)[0][0] > 1


@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_a_worker_killed_at_a_commit_leaves_nothing_twice_and_nothing_undone(
    arena: Arena, redis_url: str, server_folder: Path, moment: str
) -> None:
    called_off_date(arena)
    urls = {"owner": arena.urls.owner, "app": arena.urls.app}
    for number in (2, 3):
        given = json.dumps([urls, str(server_folder), redis_url, moment, number])
        done = subprocess.run([sys.executable, "-c", KILLED, given], cwd=PROJECT, capture_output=True)
        assert done.returncode == 9, done.stderr.decode()[-500:]
    half_way = len(given_back(arena))
    assert 0 < half_way < BOOKINGS
    arena.run(job.apply_fallbacks, job.apply_fallbacks)
    assert given_back(arena) == [(1, 75_00)] * BOOKINGS


def test_bookings_at_the_moment_of_calling_off_are_ended_or_refused(arena: Arena) -> None:
    """Nobody is left behind on a called-off date: whoever books meanwhile is asked as well, or told."""
    schedule_id = arena.make(lambda: factories.make_schedule(capacity=40).id)
    wanted = CallOff("The trainer is ill.", datetime.now(UTC) + timedelta(days=7))

    def call_off() -> UUID:
        return called_off.call_off(schedule_id, wanted, ADMIN).id

    places = [placing(order(schedule_id, number, method="cash")) for number in range(24)]
    found = outcomes(arena.run(*places[:12], call_off, *places[12:]))
    assert set(found) <= {"ok", "called_off", "not_on_sale", "busy"}
    live = arena.sql("SELECT count(*) FROM bookings WHERE status IN ('pending', 'confirmed')")
    asked = arena.sql("SELECT count(*) FROM schedule_choices")
    bookings = arena.sql("SELECT count(*) FROM bookings")
    assert (live[0][0], asked) == (0, bookings)
