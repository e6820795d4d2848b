"""Several press the keys of a mail to a date at once, and somebody stops it while workers send it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.gateways import mail as gateway
from backoffice.jobs import mail
from backoffice.models import BulkMail, Message, Schedule
from backoffice.services import bulk_mails, wordings
from backoffice.services.bulk_mails import Draft, people, sending
from backoffice.services.customers import CustomerIn
from backoffice.services.wordings import Typed
from backoffice.work import commit_once
from tests import factories
from tests.races.arena import Arena
from tests.services.booked import ADMIN, OFFICE, placed

MAILS = 24


def prepared(arena: Arena) -> tuple[UUID, int]:
    """A draft to a date with two dozen bookers."""
    with arena.inside():
        venue = factories.make_venue(capacity=100)
        schedule_id = factories.make_schedule(venue=venue, capacity=100).id
        for number in range(MAILS):
            schedule = db.session.get_one(Schedule, schedule_id)
            placed(
                schedule,
                1,
                "cash",
                customer=CustomerIn(first_name="Pat", last_name=f"No{number}", email=f"p{number}@x.example"),
            )
        draft = Draft("Parking", "{{ greeting }} The car park is closed.", "both")
        bulk = commit_once(lambda: bulk_mails.create(schedule_id, draft, OFFICE))
        return bulk.id, bulk.version


def mails_of(arena: Arena, bulk_id: UUID) -> Counter[str]:
    with arena.inside():
        rows = db.session.scalars(
            select(Message.recipient).where(Message.data["bulk_id"].astext == str(bulk_id))
        )
        return Counter(rows)


def test_pressed_by_many_at_once_it_is_sent_once(arena: Arena) -> None:
    bulk_id, version = prepared(arena)
    found = arena.run(*[lambda: bulk_mails.send(bulk_id, OFFICE, version=version)] * 8, threads=8)
    assert sum(not isinstance(each, DomainError) for each in found) == 1
    counts = mails_of(arena, bulk_id)
    assert len(counts) == MAILS and set(counts.values()) == {1}


def due_batch(arena: Arena, bulk_id: UUID) -> None:
    """As if it were sent, with all of its mails still to be queued."""
    with arena.inside():
        values = {
            "status": "sending",
            "total": MAILS,
            "next_batch_at": text("now()"),
            "sent_at": text("now()"),
        }
        due = update(BulkMail).where(BulkMail.id == bulk_id).values(values)
        commit_once(lambda: db.session.execute(due))


def queue_due_soon() -> int:
    return sending.queue_due(datetime.now(UTC) + timedelta(seconds=5))


def test_many_schedulers_queue_each_mail_once(arena: Arena) -> None:
    bulk_id, _ = prepared(arena)
    due_batch(arena, bulk_id)
    found = arena.run(*[queue_due_soon] * 8, threads=8)
    assert sum(found) == MAILS
    counts = mails_of(arena, bulk_id)
    assert len(counts) == MAILS and set(counts.values()) == {1}


def test_without_the_key_many_schedulers_would_double(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race does happen."""
    loose = str(people._INSERT).replace("), key.once", "), CAST(gen_random_uuid() AS text)")
    monkeypatch.setattr(people, "_INSERT", text(loose))
    bulk_id, _ = prepared(arena)
    due_batch(arena, bulk_id)
    arena.run(*[people_only(bulk_id)] * 8, threads=8)
    assert max(mails_of(arena, bulk_id).values()) > 1


def people_only(bulk_id: UUID) -> Any:
    """A batch without the row that counts it: nothing makes the second one wait."""
    return lambda: people.queue_some(db.session.get_one(BulkMail, bulk_id), 50)


class Slow:
    """A mail server that takes its time, and notes what it was given when."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.lock = threading.Lock()

    def send(self, letter: Any) -> None:
        time.sleep(0.02)
        with self.lock:
            self.taken.append(time.monotonic())


def stopped_while_sending(arena: Arena, slow: Slow) -> tuple[UUID, float, int]:
    """Two workers send; in the middle of it somebody presses stop: the instant at which that was answered."""
    bulk_id, version = prepared(arena)
    with arena.inside():
        commit_once(lambda: bulk_mails.send(bulk_id, OFFICE, version=version))
        ids = [
            str(each)
            for each in db.session.scalars(select(Message.id).where(Message.template == "bulk_mail"))
        ]
    tenant_id = str(arena.tenant_id)
    workers = [
        threading.Thread(target=_work, args=(arena, number, tenant_id, ids[number::2])) for number in range(2)
    ]
    for each in workers:
        each.start()
    while len(slow.taken) < 5:
        time.sleep(0.005)
    with arena.inside():
        kept_back = commit_once(lambda: bulk_mails.stop(bulk_id, ADMIN))
    answered = time.monotonic()
    for each in workers:
        each.join()
    return bulk_id, answered, kept_back


def _work(arena: Arena, number: int, tenant_id: str, ids: list[str]) -> None:
    with arena.apps[number].app_context():
        mail.send_messages(tenant_id, *ids)


def test_nothing_is_begun_after_the_stop_was_answered(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr(gateway, "send", slow.send)
    bulk_id, answered, _ = stopped_while_sending(arena, slow)
    # One mail may have been in the hands of each worker.
    assert sum(taken > answered for taken in slow.taken) <= 2
    assert 5 <= len(slow.taken) < MAILS
    with arena.inside():
        progress = bulk_mails.progress_of(bulk_mails.get(bulk_id))
    assert (progress.sent, progress.waiting, progress.failed) == (len(slow.taken), 0, 0)
    assert progress.not_sent == MAILS - len(slow.taken)


def test_without_the_question_before_each_mail_they_would_all_go(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what a worker has claimed goes on leaving the house."""
    slow = Slow()
    monkeypatch.setattr(gateway, "send", slow.send)
    monkeypatch.setattr(bulk_mails, "why_unwanted", lambda message: None)
    _, answered, _ = stopped_while_sending(arena, slow)
    assert sum(taken > answered for taken in slow.taken) > 2


def test_two_who_save_the_same_words_at_once(arena: Arena) -> None:
    words = Typed("Hello", "Words")
    found = arena.run(*[lambda: wordings.save("thanks", words, ADMIN, version=0)] * 8, threads=8)
    refused = [each for each in found if isinstance(each, DomainError)]
    assert len(refused) == 7 and {each.code for each in refused} == {"changed"}
