"""A promise is kept once its transaction is committed, and what keeps it is one commit with its end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.jobs import outbox as jobs
from backoffice.jobs.queues import BULK, queue
from backoffice.models import Company, OutboxRow, Tenant
from backoffice.services import outbox
from backoffice.services.sending import AT_ONCE
from backoffice.work import commit_once


@pytest.fixture(autouse=True)
def topics() -> Iterator[None]:
    """Two topics of the tests: one makes a company, one fails half-way."""

    def make(name: str) -> None:
        db.session.add(Company(name=name))
        db.session.flush()

    def fail(name: str) -> None:
        make(name)
        raise ValueError("secret detail")

    jobs.HANDLERS |= {"test:make": make, "test:fail": fail}
    yield
    del jobs.HANDLERS["test:make"], jobs.HANDLERS["test:fail"]


def promise(topic: str, name: str = "Works Ltd") -> OutboxRow:
    row_id = commit_once(lambda: outbox.promise(topic, name=name))
    return db.session.get_one(OutboxRow, row_id)


def keep(row: OutboxRow) -> OutboxRow:
    """Handle the row now, as if its time had come."""
    row_id: UUID = row.id
    due = update(OutboxRow).where(OutboxRow.id == row_id).values(next_attempt_at=datetime.now(UTC))
    commit_once(lambda: db.session.execute(due))
    jobs.handle(str(row.tenant_id), str(row_id))
    return db.session.get_one(OutboxRow, row_id, populate_existing=True)


def companies() -> int:
    return db.session.scalar(select(func.count()).select_from(Company)) or 0


def test_a_promise_is_kept_once(tenant: Tenant) -> None:
    row = keep(promise("test:make"))
    assert row.done_at and companies() == 1
    keep(row)
    assert companies() == 1


def test_a_promise_of_rolled_back_work_is_none(tenant: Tenant) -> None:
    outbox.promise("test:make", name="Works Ltd")
    db.session.rollback()
    assert db.session.scalars(select(OutboxRow)).all() == []
    assert "doorbell" not in db.session.info


def test_what_fails_leaves_nothing_and_is_tried_again_with_growing_pauses(tenant: Tenant) -> None:
    row = promise("test:fail")
    for minutes in (1, 5, 15, 60):
        row = keep(row)
        pause = row.next_attempt_at - datetime.now(UTC)
        assert abs(pause - timedelta(minutes=minutes)) < timedelta(seconds=20)
    row = keep(row)
    assert row.dead_at and row.attempts == outbox.MAXIMUM_TRIES and companies() == 0
    assert "ValueError" in (row.last_error or "") and "secret" not in (row.last_error or "")


def test_a_row_that_kills_its_workers_dies(tenant: Tenant) -> None:
    row = promise("test:make")
    commit_once(lambda: db.session.execute(update(OutboxRow).values(attempts=outbox.MAXIMUM_TRIES)))
    assert keep(row).dead_at and companies() == 0


def test_a_dead_row_blocks_nobody(tenant: Tenant) -> None:
    poison, good = promise("test:fail"), promise("test:make")
    for _ in range(outbox.MAXIMUM_TRIES):
        poison = keep(poison)
    assert poison.dead_at and keep(good).done_at


def test_the_promises_of_one_commit_are_few_jobs(app: Flask, tenant: Tenant) -> None:
    bulk = queue(BULK, Redis.from_url(app.extensions["settings"].redis_url))
    bulk.empty()

    def promise_all() -> list[str]:
        return [str(outbox.promise("test:make", name=f"Works {n}")) for n in range(2 * AT_ONCE + 1)]

    promised = commit_once(promise_all)
    rung = [list(job.args) for job in bulk.jobs]
    bulk.empty()
    assert [len(args) - 1 for args in rung] == [AT_ONCE, AT_ONCE, 1]
    assert [each for _, *ids in rung for each in ids] == promised


def test_one_that_fails_keeps_none_of_its_job_from_the_others(tenant: Tenant) -> None:
    rows = [promise("test:make"), promise("test:fail"), promise("test:make", "Other Works")]
    jobs.handle(str(tenant.id), *(str(row.id) for row in rows))
    db.session.expire_all()
    assert [bool(row.done_at) for row in rows] == [True, False, True]
    assert companies() == 2
