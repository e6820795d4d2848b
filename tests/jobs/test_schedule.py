"""Periodic work is a table; however many schedulers look at it, each slot is done once."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from subprocess import Popen
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from backoffice import create_app
from backoffice.database import db
from backoffice.jobs import housekeeping, pulse, schedule, sweeps
from backoffice.jobs.queues import connect
from backoffice.jobs.schedule import PERIODIC, Periodic, tick
from backoffice.models import AuditSeal, Booking, Message, PeriodicRun, Tenant, WebSession
from backoffice.services import audit, periodic_runs, sign_in
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.jobs.bookings import book
from tests.jobs.conftest import wait_until
from tests.jobs.mail_server import Mailbox
from tests.servers import DatabaseUrls

NOW = 1_900_000_003.0


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def table(ran: list[str]) -> tuple[Periodic, ...]:
    name = f"test-{uuid4().hex}"

    def run() -> int:
        ran.append("ran")
        return 1

    return (Periodic(name, 10, run),)


def test_a_slot_is_done_once_by_one_scheduler(
    tenant: Tenant, ran: list[str], table: tuple[Periodic, ...]
) -> None:
    done: dict[str, int] = {}
    for seconds in (0, 1, 5):
        tick(done, NOW + seconds, table)
    assert ran == ["ran"]
    tick(done, NOW + 10, table)
    assert len(ran) == 2


def test_two_schedulers_share_the_slots(tenant: Tenant, ran: list[str], table: tuple[Periodic, ...]) -> None:
    for _ in range(2):
        tick({}, NOW, table)
    assert ran == ["ran"]


def test_without_redis_the_work_is_done_all_the_same(
    app: Flask, ran: list[str], table: tuple[Periodic, ...]
) -> None:
    settings = app.extensions["settings"]
    without = create_app(type(settings)(**{**vars(settings), "redis_url": "redis://127.0.0.1:1"}))
    with without.app_context():
        tick({}, NOW, table)
    assert ran == ["ran"]


def test_one_failure_does_not_stop_the_rest(
    tenant: Tenant, ran: list[str], table: tuple[Periodic, ...]
) -> None:
    def fail() -> int:
        raise ValueError("broken")

    broken = Periodic(f"broken-{table[0].name}", 10, fail)
    tick({}, NOW, (broken, *table))
    assert ran == ["ran"]


def run_of(table: tuple[Periodic, ...]) -> PeriodicRun:
    db.session.rollback()
    return periodic_runs.all_runs()[table[0].name]


def test_a_run_is_kept_with_its_end_and_its_rows(tenant: Tenant, table: tuple[Periodic, ...]) -> None:
    tick({}, NOW, table)
    run = run_of(table)
    assert (run.slot, run.rows, run.error, run.failures) == (int(NOW) // 10, 1, None, 0)
    assert run.ended_at is not None and run.ended_at >= run.began_at


def test_a_failure_is_kept_in_words_and_counted_until_a_run_is_good(
    tenant: Tenant, table: tuple[Periodic, ...]
) -> None:
    def fail() -> int:
        raise ValueError("SELECT secret FROM somewhere")

    broken = (Periodic(table[0].name, 10, fail),)
    for turn in range(2):
        tick({}, NOW + 10 * turn, broken)
    run = run_of(table)
    assert run.failures == 2 and run.failed_at is not None
    assert "ValueError" in (run.error or "") and "SELECT" not in (run.error or "")
    tick({}, NOW + 20, table)
    run = run_of(table)
    assert run.failures == 0 and run.error  # what went wrong before can still be read


def test_a_slot_that_could_not_be_claimed_is_asked_for_again(
    tenant: Tenant, ran: list[str], table: tuple[Periodic, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: dict[str, int] = {}
    with monkeypatch.context() as broken:
        broken.setattr(db.session, "execute", _no_answer)
        tick(done, NOW, table)
    assert (ran, done) == ([], {})
    tick(done, NOW + 1, table)
    assert ran == ["ran"]


def _no_answer(*_: Any) -> None:
    raise OperationalError("", {}, Exception("no answer"))


def test_a_slot_is_not_done_again_after_a_start(
    tenant: Tenant, ran: list[str], table: tuple[Periodic, ...]
) -> None:
    tick({}, NOW, table)
    tick({}, NOW + 1, table)
    assert ran == ["ran"]


def test_an_entry_whose_period_was_made_longer_is_done_again(
    tenant: Tenant, ran: list[str], table: tuple[Periodic, ...]
) -> None:
    """Its slots are counted anew and are smaller now: it must not wait until they have caught up."""
    longer = (Periodic(table[0].name, 3600, table[0].run),)
    tick({}, NOW, table)
    tick({}, NOW, longer)
    assert ran == ["ran"]  # not at once: the numbers of two schedulers of two releases would chase each other
    long_ago = update(PeriodicRun).where(PeriodicRun.name == table[0].name)
    commit_once(lambda: db.session.execute(long_ago.values(began_at=datetime.now(UTC) - timedelta(hours=3))))
    tick({}, NOW, longer)
    assert len(ran) == 2


def test_names_are_unique_and_every_period_is_whole_seconds() -> None:
    assert len({entry.name for entry in PERIODIC}) == len(PERIODIC)
    assert all(entry.every_seconds >= 1 for entry in PERIODIC)


def test_an_ended_hold_gives_its_place_back_and_says_so(tenant: Tenant, mailbox: Mailbox) -> None:
    booking_id = book("jane@x.example", payment_method="bank_transfer")
    ended = update(Booking).where(Booking.id == booking_id)
    commit_once(lambda: db.session.execute(ended.values(hold_expires_at=datetime.now(UTC))))
    assert sweeps.release_ended_holds() >= 1
    db.session.rollback()
    assert db.session.get_one(Booking, booking_id).status == "expired"
    templates = db.session.scalars(select(Message.template).where(Message.booking_id == booking_id)).all()
    assert sorted(templates) == ["booking_received", "hold_ended"]


def test_expired_sign_ins_are_forgotten(tenant: Tenant) -> None:
    user = factories.make_user(role="office")
    commit_once(lambda: sign_in.open_session(user, address=None, agent=None))
    kept = db.session.scalars(select(WebSession)).one()
    assert housekeeping.delete_expired_sessions() == 0
    past = datetime.now(UTC) - timedelta(seconds=1)
    ended = update(WebSession).where(WebSession.id == kept.id).values(expires_at=past)
    commit_once(lambda: db.session.execute(ended))
    assert housekeeping.delete_expired_sessions() >= 1
    assert db.session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_a_running_scheduler_seals_the_audit_and_stops_when_told(
    tenant: Tenant, mailbox: Mailbox, start: Callable[..., "Popen[bytes]"]
) -> None:
    book("jane@x.example")

    def sealed() -> bool:
        db.session.rollback()
        return bool(db.session.scalar(select(func.count()).select_from(AuditSeal)))

    scheduler = start("schedule")
    wait_until(sealed)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(30) == 0


def test_nothing_is_begun_once_it_is_told_to_stop(app: Flask) -> None:
    begun: list[str] = []

    def work(name: str) -> schedule.Periodic:
        def run() -> int:
            begun.append(name)
            return 1

        return schedule.Periodic(f"stop-{name}", 60, run)

    with app.app_context():
        schedule.tick({}, time.time(), (work("a"), work("b")), lambda: bool(begun))
    assert begun == ["a"]


def test_the_commands_answer(app: Flask) -> None:
    runner = app.test_cli_runner()
    shown = runner.invoke(args=["jobs", "list"])
    assert shown.exit_code == 0
    assert all(entry.name in shown.output for entry in schedule.PERIODIC)
    assert runner.invoke(args=["outbox", "sweep"]).exit_code == 0


def test_a_worker_shows_life_while_it_works_long(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_SECONDS", 0.05)
    with app.app_context():
        connection = connect()
        with pulse.beating(connection, "test-worker"):
            wait_until(lambda: "test-worker" in pulse.last_beats(connection))
        connection.delete(pulse.KEY + "test-worker")
        time.sleep(0.2)
        assert "test-worker" not in pulse.last_beats(connection)


@pytest.fixture
def spoiled(database_urls: DatabaseUrls) -> Iterator[Callable[[str, str], None]]:
    """A table of which changes of some rows fail, for no reason that the program knows."""
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION fail_here() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'spoiled'; END $$"
        )

        def spoil(event: str, when: str) -> None:
            owner.execute(
                f"CREATE TRIGGER spoiled BEFORE {event} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION fail_here()"
            )

        yield spoil
        db.session.remove()  # what it has read stands in the way of the trigger's end
        owner.execute("DROP FUNCTION fail_here CASCADE")


def test_one_hold_that_cannot_end_keeps_no_other(tenant: Tenant, spoiled: Callable[[str, str], None]) -> None:
    bad, good = (book(payment_method="bank_transfer") for _ in range(2))
    begin = datetime.now(UTC) - timedelta(days=9)
    for number, each in enumerate((bad, good)):  # in the order in which they are found
        ended = update(Booking).where(Booking.id == each)
        db.session.execute(ended.values(hold_expires_at=begin + number * timedelta(days=1)))
    commit_once(lambda: None)
    spoiled("UPDATE ON bookings", f"OLD.id = '{bad}'")
    db.session.remove()
    sweeps.release_ended_holds()
    states = {row.id: row.status for row in db.session.execute(select(Booking.id, Booking.status))}
    assert (states[bad], states[good]) == ("pending", "expired")


def test_one_tenant_whose_work_fails_stops_nobody_elses(
    tenant: Tenant, provider: Provider, spoiled: Callable[[str, str], None]
) -> None:
    tenants = [provider.id, factories.make_provider().id]
    for each in tenants:
        write_entry(each)
    spoiled("INSERT ON audit_seals", f"NEW.tenant_id = '{tenants[0]}'")
    db.session.remove()
    housekeeping.seal_audit()
    assert [seals_of(each) for each in tenants] == [0, 1]


def write_entry(tenant_id: UUID) -> None:
    db.session.remove()
    with tenant_scope(tenant_id):
        about = (factories.actor(), "booking:cancel", "bookings", tenant_id)
        commit_once(lambda: audit.record_about(*about, new={"status": "cancelled"}))
        db.session.remove()


def seals_of(tenant_id: UUID) -> int:
    with tenant_scope(tenant_id):
        count = db.session.scalar(select(func.count()).select_from(AuditSeal))
        db.session.remove()
    return count or 0
