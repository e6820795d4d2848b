"""Workers are killed, Redis is emptied, read-only or gone: nothing is lost, and little is sent twice."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from redis import Redis
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker
from sqlalchemy import func, select, update

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.embedded import EmbeddedPostgres, EmbeddedValkey
from backoffice.jobs import pulse, sweeps
from backoffice.jobs.queues import SEND_MESSAGES, queue
from backoffice.models import Message, OutboxRow, Tenant
from backoffice.services import messages, outbox, sending
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.jobs.bookings import book
from tests.jobs.conftest import wait_until
from tests.jobs.mail_server import Mailbox

Start = Callable[..., "Popen[bytes]"]
MANY = 24


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client
        client.config_set("min-replicas-to-write", 0)
        client.flushdb()


def queue_many(number: int = MANY) -> list[str]:
    """So many mails about one booking, each to somebody else."""
    booking_id = book(None)
    recipients = [f"person{place:02}@x.example" for place in range(number)]

    def work() -> None:
        for recipient in recipients:
            messages.queue("booking_confirmed", recipient=recipient, booking_id=booking_id, actor=SYSTEM)

    commit_once(work)
    return recipients


def waiting() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Message.status == "queued")) or 0


def let_claims_run_out() -> None:
    due = update(Message).where(Message.status == "queued").values(next_attempt_at=datetime.now(UTC))
    commit_once(lambda: db.session.execute(due))


def kill(process: "Popen[bytes]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_worker_loses_no_mail_and_doubles_at_most_one(
    tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start
) -> None:
    recipients, crashes = queue_many(), 0
    mailbox.delay = 0.03
    for goal in (5, 12):
        worker = start("work", "mail")
        wait_until(lambda goal=goal: len(mailbox.mails) >= goal)  # type: ignore[misc]
        kill(worker)
        crashes += 1
        let_claims_run_out()
        sweeps.sweep_messages()  # Redis still says "started" of the job that was killed
    start("work", "mail")
    wait_until(lambda: waiting() == 0)
    counts = [len(mailbox.to(recipient)) for recipient in recipients]
    assert min(counts) >= 1
    assert sum(counts) - MANY <= crashes
    mails = [mail for recipient in recipients for mail in mailbox.to(recipient)]
    assert len({mail["Message-ID"] for mail in mails}) == MANY  # who gets it twice can tell


def test_a_heap_is_sent_round_after_round(
    tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start
) -> None:
    recipients = queue_many(3 * sending.AT_ONCE + 1)
    assert queue("mail").count == 1  # one place in the queue, however many there are
    start("work", "mail")
    wait_until(lambda: waiting() == 0, 30)
    assert [len(mailbox.to(recipient)) for recipient in recipients] == [1] * len(recipients)
    assert mailbox.connections == 1


def test_an_emptied_redis_is_rung_again(tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start) -> None:
    recipients = queue_many(3)
    redis.flushdb()
    start("work", "mail")
    wait_until(lambda: "worker-mail" in pulse.last_beats(redis))
    time.sleep(0.3)
    assert waiting() == 3  # nobody rings by itself
    assert sweeps.sweep_messages() >= 3
    wait_until(lambda: waiting() == 0)
    assert all(len(mailbox.to(recipient)) == 1 for recipient in recipients)


def test_a_redis_that_takes_no_writes_delays_no_booking_and_no_mail(
    tenant: Tenant, mailbox: Mailbox, redis: Redis
) -> None:
    redis.config_set("min-replicas-to-write", 1)
    book("jane@x.example")
    assert waiting() == 1
    sweeps.sweep_messages()
    assert waiting() == 0 and len(mailbox.to("jane@x.example")) == 1


def test_without_redis_the_sweep_does_the_work_itself(
    app: Flask, tenant: Tenant, mailbox: Mailbox, server_folder: Path
) -> None:
    settings = app.extensions["settings"]
    gone = type(settings)(**{**vars(settings), "redis_url": "redis://127.0.0.1:1"})
    without = create_app(gone)
    with without.app_context(), tenant_scope(tenant.id):
        book("jane@x.example")
        began = time.monotonic()
        assert sweeps.sweep_messages() >= 1
        assert time.monotonic() - began < 5
    assert len(mailbox.to("jane@x.example")) == 1


def test_a_queue_that_is_full_of_rings_gets_no_more(tenant: Tenant, redis: Redis) -> None:
    queue("mail").empty()  # the rings of other tests
    queue_many(3)
    for _ in range(3):
        sweeps.sweep_messages()
    assert queue("mail").count <= 12
    redis.rpush(queue("mail").key, *(f"message-{number}" for number in range(sweeps.MOST_RINGS)))
    before = queue("mail").count
    assert sweeps.sweep_messages() == 0
    assert queue("mail").count == before


def test_a_job_that_is_not_ours_is_not_run(redis: Redis, start: Start, tmp_path: Path, app: Flask) -> None:
    target = tmp_path / "made-by-redis"
    with app.app_context():
        queue("bulk").enqueue("os.mkdir", args=(str(target),))
        worker = start("work", "bulk", "--burst")
        assert worker.wait(20) == 0
    assert not target.exists()


def test_a_stock_worker_would_run_it(redis: Redis, tmp_path: Path, app: Flask) -> None:
    """The control of the test above."""
    target = tmp_path / "made-by-redis"
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    with app.app_context():
        bulk = queue("bulk", redis)
        bulk.enqueue("os.mkdir", args=(str(target),))
        SimpleWorker([bulk], connection=redis, serializer=JSONSerializer).work(burst=True)
    for number, handler in before:
        signal.signal(number, handler)
    assert target.exists()


def test_a_worker_that_is_told_to_stop_finishes_the_job_in_hand(
    tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start
) -> None:
    mailbox.delay = 1.0
    queue_many(2)
    worker = start("work", "mail")
    wait_until(lambda: mailbox.arriving == 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0
    assert (len(mailbox.mails), waiting()) == (1, 1)


def test_a_worker_survives_the_loss_of_its_database_connections(
    tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start, postgres: EmbeddedPostgres
) -> None:
    start("work", "mail")
    book("before@x.example")
    wait_until(lambda: waiting() == 0)
    db.session.remove()
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'backoffice_%'"
        )
    with suppress(Exception):
        db.session.execute(select(1))
    db.session.remove()
    book("after@x.example")
    wait_until(lambda: len(mailbox.to("after@x.example")) == 1)


def test_a_row_that_nobody_can_handle_dies_and_blocks_nobody(tenant: Tenant, redis: Redis) -> None:
    def die_a_little() -> None:
        commit_once(lambda: db.session.execute(update(OutboxRow).values(next_attempt_at=datetime.now(UTC))))

    row_id: UUID = commit_once(lambda: outbox.promise("no-such-topic", colour="blue"))
    for _ in range(outbox.MAXIMUM_TRIES):
        die_a_little()
        sweeps.outbox.handle(str(tenant.id), str(row_id))
    row = db.session.get_one(OutboxRow, row_id, populate_existing=True)
    assert row.dead_at and "UnknownTopic" in (row.last_error or "")
    die_a_little()
    assert sweeps.sweep_outbox() == 0


def test_a_worker_waits_for_a_redis_that_was_killed(
    tenant: Tenant, mailbox: Mailbox, redis: Redis, start: Start, server_folder: Path
) -> None:
    with EmbeddedValkey(server_folder / "killed") as server, Redis.from_url(server.url) as client:
        start("work", "mail", REDIS_URL=server.url)
        wait_until(lambda: "worker-mail" in pulse.last_beats(client))
        server.process.kill()  # type: ignore[union-attr]
        server.process.wait()  # type: ignore[union-attr]
        time.sleep(1)
        server.restart()
        book("jane@x.example")
        message = db.session.scalars(select(Message)).one()
        ids = (str(message.tenant_id), str(message.id))
        queue("mail", client).enqueue(SEND_MESSAGES, args=ids, result_ttl=0)
        wait_until(lambda: waiting() == 0)
