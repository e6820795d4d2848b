"""H1, H4: two hundred mails while the worker and Valkey are killed: none is lost, at most one is doubled by each kill."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.embedded import EmbeddedValkey
from backoffice.models import Message
from backoffice.services import messages
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.factories import Provider
from tests.jobs.bookings import book
from tests.jobs.conftest import wait_until
from tests.jobs.mail_server import Mailbox

pytestmark = pytest.mark.slow

Start = Callable[..., "Popen[bytes]"]
MAILS = 200
# Claims of a killed worker hold for half a minute, and the scheduler looks every ten seconds.
PATIENCE = 150.0


@pytest.fixture
def valkey(server_folder: Path) -> Iterator[EmbeddedValkey]:
    """One of its own, to be killed."""
    with EmbeddedValkey(server_folder / "mail-kills") as server:
        yield server


def test_two_hundred_mails_outlive_the_worker_and_valkey(
    app: Flask, provider: Provider, mailbox: Mailbox, valkey: EmbeddedValkey, start: Start
) -> None:
    ours = with_redis(app, valkey)
    mailbox.delay = 0.01
    recipients = queue_mails(ours, provider)
    start("schedule", REDIS_URL=valkey.url)
    worker = start("work", "mail", REDIS_URL=valkey.url)

    kills = 0
    for goal, parts in ((40, {"worker"}), (80, {"valkey"}), (130, {"worker", "valkey"})):
        wait_until(lambda goal=goal: len(mailbox.mails) >= goal, PATIENCE)  # type: ignore[misc]
        if "valkey" in parts:
            kill_valkey(valkey)
        if "worker" in parts:
            worker.kill()
            worker.wait()
            worker = start("work", "mail", REDIS_URL=valkey.url)
        if "valkey" in parts:
            valkey.restart()
        kills += len(parts)

    wait_until(lambda: standing(ours, provider) == {"sent": MAILS}, PATIENCE)
    arrived = Counter(str(mail["To"]) for mail in mailbox.mails)
    assert sorted(arrived) == recipients  # none is lost
    assert sum(arrived.values()) - MAILS <= kills
    assert max(arrived.values()) <= 2
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == MAILS  # who gets it twice can tell


def with_redis(app: Flask, valkey: EmbeddedValkey) -> Flask:
    settings = app.extensions["settings"]
    return create_app(type(settings)(**{**vars(settings), "redis_url": valkey.url}))


def queue_mails(app: Flask, provider: Provider) -> list[str]:
    recipients = [f"person{number:03}@x.example" for number in range(MAILS)]
    with app.app_context(), tenant_scope(provider.id):
        booking_id = book(None)

        def work() -> None:
            for recipient in recipients:
                messages.queue("booking_confirmed", recipient=recipient, booking_id=booking_id, actor=SYSTEM)

        commit_once(work)
    return recipients


def standing(app: Flask, provider: Provider) -> dict[str, int]:
    time.sleep(0.2)  # the mails need the processor
    with app.app_context(), tenant_scope(provider.id):
        rows = db.session.execute(select(Message.status, func.count()).group_by(Message.status)).all()
    return {row[0]: row[1] for row in rows}


def kill_valkey(valkey: EmbeddedValkey) -> None:
    assert valkey.process is not None
    valkey.process.kill()
    valkey.process.wait()
