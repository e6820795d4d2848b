"""Runs of certificates found by the sweep, across providers, and carried on whatever became of Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, text, update

from backoffice.database import db
from backoffice.jobs import certificates, sweeps
from backoffice.jobs.doorbell import BELLS
from backoffice.jobs.queues import BULK, FUNCTIONS, MAKE_CERTIFICATES, queue
from backoffice.jobs.schedule import PERIODIC
from backoffice.models import CertificateRun, Tenant
from backoffice.services.certificates import issuing
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN
from tests.jobs.conftest import Work, wait_until


def a_run(people: int = 2) -> UUID:
    schedule = certified.a_date(course=certified.a_course())
    ids = certified.many(schedule, people)
    return commit_once(lambda: issuing.issue(ids, ADMIN).id)


def finished(run_id: UUID) -> bool:
    db.session.rollback()
    run = db.session.get_one(CertificateRun, run_id, populate_existing=True)
    return run.is_finished and run.made == run.total


@pytest.fixture
def redis(redis_url: str) -> Redis:
    client = Redis.from_url(redis_url)
    client.flushdb()
    return client


def test_the_bell_the_function_and_the_periodic_entry_are_there() -> None:
    assert BELLS["certificate_run"][:2] == (BULK, MAKE_CERTIFICATES) and MAKE_CERTIFICATES in FUNCTIONS
    assert {each.name: each.run for each in PERIODIC}[
        "sweep-certificate-runs"
    ] is sweeps.sweep_certificate_runs
    # A try is ended after the claim on the run would be, and a turn long before.
    assert BELLS["certificate_run"][2] > certificates.SECONDS


def test_issuing_rings_and_a_worker_makes_them(tenant: Tenant, redis: Redis, start: Work) -> None:
    run_id = a_run()
    assert queue(BULK).job_ids == [f"certificate_run-{run_id}"]
    start("work", "bulk")
    wait_until(lambda: finished(run_id))


def test_an_emptied_redis_is_rung_again(tenant: Tenant, redis: Redis) -> None:
    run_id = a_run()
    redis.flushdb()
    assert sweeps.sweep_certificate_runs() >= 1
    assert f"certificate_run-{run_id}" in queue(BULK).job_ids


def test_without_redis_the_sweep_makes_them_itself(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import RedisError

    def no_redis(*_: object) -> int:
        raise RedisError("gone")

    monkeypatch.setattr(sweeps.doorbell, "room", no_redis)
    run_id = a_run()
    sweeps.sweep_certificate_runs()
    assert finished(run_id)


def test_what_is_finished_or_in_hand_is_not_due(tenant: Tenant) -> None:
    done, in_hand, due = a_run(), a_run(), a_run()
    certificates.carry_on(done)
    later = datetime.now(UTC) + timedelta(minutes=1)
    db.session.execute(
        update(CertificateRun).where(CertificateRun.id == in_hand).values(next_attempt_at=later)
    )
    db.session.commit()
    found = set(db.session.scalars(text("SELECT id FROM due_certificate_runs(1000)")))
    assert due in found and not {done, in_hand} & found


def test_providers_come_in_turn(app: Flask, tenant: Tenant) -> None:
    """A provider with many runs is not found before the first run of another."""
    for _ in range(3):
        a_run(1)
    db.session.remove()
    with app.app_context():
        other = factories.make_provider().id
    with app.app_context(), tenant_scope(other):
        a_run(1)
        db.session.remove()
    rows = db.session.execute(text("SELECT tenant_id FROM due_certificate_runs(1000)")).scalars().all()
    mine = [each for each in rows if each in (tenant_id_of(), other)]
    assert mine.index(other) < 2 and mine.count(tenant_id_of()) == 3


def tenant_id_of() -> UUID:
    return db.session.scalars(select(CertificateRun.tenant_id)).first()  # type: ignore[return-value]
