"""Offers by the jobs: right after a place came free, by the sweep alone, with Valkey away, and with the job killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import create_app
from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.jobs import outbox as outbox_jobs
from backoffice.jobs import waiting as jobs
from backoffice.models import OutboxRow, Schedule
from backoffice.services import waiting
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.jobs.conftest import environment_of
from tests.servers import DatabaseUrls, settings_for
from tests.services.waiting import world

NOBODY_THERE = "redis://127.0.0.1:1/0"
# Offers until it is killed, and says when it begins.
WORKER = """
import sys
from backoffice import create_app
from backoffice.jobs import waiting
app = create_app()
print("ready", flush=True)
with app.app_context():
    for _ in range(int(sys.argv[1])):
        waiting.offer_places()
print("done", flush=True)
"""


@pytest.fixture(autouse=True)
def no_other_lists(database_urls: DatabaseUrls) -> None:
    """The job serves every provider: what other tests left waiting is none of this one's."""
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("UPDATE waiting_entry_dates SET status = 'ended' WHERE status = 'waiting'")


@pytest.fixture
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.rollback()
        db.session.remove()


def freed(number: int = 1, parties: int = 2) -> list[UUID]:
    """So many dates, each with one place that came free and parties that wait for it."""
    ids = []
    for _ in range(number):
        date = world.full_date(1)
        for each in range(parties):
            world.joined(f"w{each}{date.id.hex[-8:]}", date)
        world.cancel_one(date)
        ids.append(date.id)
    return ids


def offered(ids: list[UUID]) -> list[list[str]]:
    db.session.rollback()
    return [world.offered(db.session.get_one(Schedule, each)) for each in ids]


def test_the_sweep_finds_what_nobody_told_of(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        ids = freed()
        first = offered(ids)
        db.session.remove()
    with app.app_context():
        assert jobs.offer_places() == 1
        assert jobs.offer_places() == 0
    with app.app_context(), tenant_scope(provider.id):
        found = offered(ids)
        db.session.remove()
    assert (first, [len(each) for each in found]) == ([[]], [1])


def test_the_promise_of_a_cancellation_offers_every_place(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        date = world.full_date(3)
        for name in ("ann", "bob", "cay"):
            world.joined(name, date)
        world.cancel_one(date, 2)
        date_id = date.id
        db.session.remove()

    def open_rows() -> list[UUID]:
        with app.app_context(), tenant_scope(provider.id):
            found = db.session.scalars(
                select(OutboxRow.id).where(OutboxRow.topic == "offer_places", OutboxRow.done_at.is_(None))
            ).all()
            db.session.remove()
        return list(found)

    while rows := open_rows():
        for row_id in rows:
            with app.app_context():
                outbox_jobs.handle(str(provider.id), str(row_id))
    with app.app_context(), tenant_scope(provider.id):
        assert offered([date_id]) == [["Ann", "Bob"]]
        db.session.remove()


def test_without_valkey_places_are_offered_all_the_same(
    database_urls: DatabaseUrls, server_folder: Path, provider: Provider
) -> None:
    app = create_app(settings_for(database_urls, server_folder, NOBODY_THERE))
    with app.app_context(), tenant_scope(provider.id):
        ids = freed()
        db.session.remove()
    with app.app_context():
        assert jobs.offer_places() == 1
    with app.app_context(), tenant_scope(provider.id):
        assert [len(each) for each in offered(ids)] == [1]
        db.session.remove()
    with app.app_context():
        db.engine.dispose()


def test_two_providers_lists_do_not_meet(app: Flask, provider: Provider) -> None:
    with app.app_context():
        other = factories.make_provider()
    ids = {}
    for each in (provider, other):
        with app.app_context(), tenant_scope(each.id):
            ids[each.id] = freed()
            db.session.remove()
    with app.app_context():
        assert jobs.offer_places() == 2
    for each in (provider, other):
        with app.app_context(), tenant_scope(each.id):
            assert [len(found) for found in offered(ids[each.id])] == [1]
            assert len(waiting.list_dates()) == 1
            db.session.remove()


def test_a_killed_job_leaves_whole_offers_and_no_second_one(app: Flask, inside: None) -> None:
    """kill -9 in between, several at once: each freed place has one offer, with its mail, and no date is oversold."""
    ids = freed(20)
    db.session.commit()
    for _ in range(3):
        running = [work(app, 1) for _ in range(2)]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
        time.sleep(random.uniform(0.02, 0.25))  # noqa: S311 - no secret
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.wait()
    last = work(app, 3)
    assert last.wait(120) == 0
    found = offered(ids)
    assert [len(each) for each in found] == [1] * len(ids)
    for each in ids:
        date = db.session.get_one(Schedule, each)
        assert (date.capacity, date.seats_taken) == (1, 1)
    assert len(world.mails("waiting_offer")) == len(ids)


def work(app: Flask, turns: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(turns)],
        cwd=PROJECT,
        env=environment_of(app) | {"PYTHONPATH": os.fspath(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
