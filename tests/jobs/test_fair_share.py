"""A provider with a heap of mails does not keep another one's single mail waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from subprocess import Popen
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import sweeps
from backoffice.jobs.queues import SEND_MESSAGES, queue
from backoffice.models import Message, OutboxRow
from backoffice.services import messages, outbox, sending
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.factories import Provider, make_provider
from tests.jobs.bookings import book
from tests.jobs.mail_server import Mailbox
from tests.servers import DatabaseUrls

Start = Callable[..., "Popen[bytes]"]
HEAP = 3 * sending.AT_ONCE
SINGLE = "single@x.example"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def big(app: Flask, redis: Redis) -> Provider:
    """Its reminders were queued by one statement, which rings nobody."""
    with app.app_context():
        found = make_provider()
    with app.app_context(), tenant_scope(found.id):
        queue_mails([f"many{number:03}@x.example" for number in range(HEAP)])
    redis.flushdb()
    return found


def queue_mails(recipients: list[str]) -> list[UUID | None]:
    booking_id = book(None)
    template = "booking_confirmed"
    return commit_once(
        lambda: [
            messages.queue(template, recipient=recipient, booking_id=booking_id, actor=SYSTEM)
            for recipient in recipients
        ]
    )


def place_of_the_single(mailbox: Mailbox) -> int:
    return [str(mail["To"]) for mail in mailbox.mails].index(SINGLE)


def test_a_single_mail_waits_for_one_round_of_a_heap(
    app: Flask, big: Provider, provider: Provider, mailbox: Mailbox, start: Start
) -> None:
    with app.app_context():
        assert sweeps.sweep_messages() >= HEAP
    with app.app_context(), tenant_scope(provider.id):
        queue_mails([SINGLE])
    assert start("work", "mail", "--burst").wait(60) == 0
    assert place_of_the_single(mailbox) <= sending.AT_ONCE
    assert len({str(mail["To"]) for mail in mailbox.mails}) == HEAP + 1


def test_rung_for_one_by_one_the_heap_comes_first(
    app: Flask, big: Provider, provider: Provider, mailbox: Mailbox, start: Start
) -> None:
    """The control of the test above."""
    with app.app_context(), tenant_scope(big.id):
        for message_id in db.session.scalars(select(Message.id)):
            queue("mail").enqueue(SEND_MESSAGES, args=(str(big.id), str(message_id)), result_ttl=0)
    with app.app_context(), tenant_scope(provider.id):
        queue_mails([SINGLE])
    assert start("work", "mail", "--burst").wait(60) == 0
    assert place_of_the_single(mailbox) == HEAP


def test_however_often_it_is_swept_a_heap_has_one_place(app: Flask, big: Provider, redis: Redis) -> None:
    with app.app_context():
        for _ in range(5):
            sweeps.sweep_messages()
        names = [name for name in queue("mail").job_ids if name.endswith(str(big.id))]
    assert len(names) == 1


BY_TIME = {
    "due_messages": "SELECT tenant_id FROM messages WHERE status = 'queued' ORDER BY next_attempt_at",
    "due_outbox": "SELECT tenant_id FROM outbox WHERE done_at IS NULL AND dead_at IS NULL ORDER BY next_attempt_at",
}


@pytest.mark.parametrize("finder", BY_TIME)
def test_what_is_due_is_found_in_turns(
    app: Flask, database_urls: DatabaseUrls, big: Provider, provider: Provider, finder: str
) -> None:
    promise_later(app, big, provider)
    with app.app_context():
        function = getattr(func, finder)(1000).table_valued("tenant_id", "id")
        order = [UUID(str(each)) for each in db.session.scalars(select(function.c.tenant_id))]
    second_of_the_big = [place for place, each in enumerate(order) if each == big.id][1]
    assert order.index(provider.id) < second_of_the_big


@pytest.mark.parametrize("finder", BY_TIME)
def test_in_the_order_of_time_the_single_one_comes_last(
    app: Flask, database_urls: DatabaseUrls, big: Provider, provider: Provider, finder: str
) -> None:
    """The control of the test above."""
    promise_later(app, big, provider)
    with psycopg.connect(database_urls.owner) as owner:
        order = [row[0] for row in owner.execute(BY_TIME[finder]) if row[0] in (big.id, provider.id)]
    assert order.index(provider.id) == len(order) - 1


def promise_later(app: Flask, big: Provider, provider: Provider) -> None:
    """The big one's are due for long, the other's single mail and job since this moment."""
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with app.app_context(), tenant_scope(big.id):
        for _ in range(5):
            commit_once(lambda: outbox.promise("import.check", run_id="0"))
        for model in (Message, OutboxRow):
            db.session.execute(update(model).values(next_attempt_at=long_ago))
        db.session.commit()
    with app.app_context(), tenant_scope(provider.id):
        queue_mails([SINGLE])
        commit_once(lambda: outbox.promise("import.check", run_id="0"))
