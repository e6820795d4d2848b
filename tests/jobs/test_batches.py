"""Mails are claimed together and sent one by one: what happens to one is not the others' business."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.gateways import mail as gateway
from backoffice.gateways.mail import Letter
from backoffice.jobs import mail
from backoffice.models import Booking, Message, Tenant
from backoffice.services import messages, sending
from backoffice.services.sending import Claimed
from backoffice.work import commit_once
from tests.jobs.bookings import book
from tests.jobs.mail_server import Mailbox

MANY = 8


class Killed(BaseException):
    """What kill -9 leaves behind: nothing after it runs, no transaction is committed."""


def queue_mails(number: int = MANY, template: str = "booking_confirmed", **values: Any) -> list[UUID]:
    booking_id = book(None)

    def work() -> list[UUID | None]:
        return [
            messages.queue(template, recipient=address(place), booking_id=booking_id, actor=SYSTEM, **values)
            for place in range(number)
        ]

    return [message_id for message_id in commit_once(work) if message_id]


def address(place: int) -> str:
    return f"person{place:02}@x.example"


def let_claims_run_out() -> None:
    due = update(Message).where(Message.status == "queued").values(next_attempt_at=datetime.now(UTC))
    commit_once(lambda: db.session.execute(due))


def rows() -> dict[str, Message]:
    db.session.rollback()
    return {row.recipient: row for row in db.session.scalars(select(Message))}


def send_round(tenant: Tenant) -> None:
    tenant_id = str(tenant.id)
    try:
        mail.send_round(tenant_id)
    except Killed:
        db.session.rollback()


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """dying(address): whoever sends a mail there is killed right after the mail server's yes."""

    def arrange(recipient: str) -> None:
        send = gateway.send

        def send_and_die(letter: Letter) -> None:
            send(letter)
            if letter.recipient[1] == recipient:
                raise Killed

        monkeypatch.setattr(gateway, "send", send_and_die)

    return arrange


@pytest.fixture
def statements(app: Flask, tenant: Tenant) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_death_in_a_batch_doubles_one_mail(
    tenant: Tenant, mailbox: Mailbox, dying: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_mails()
    dying(address(4))
    send_round(tenant)
    assert len(mailbox.mails) == 5
    monkeypatch.undo()
    let_claims_run_out()
    send_round(tenant)
    assert {row.status for row in rows().values()} == {"sent"}
    assert [len(mailbox.to(address(place))) for place in range(MANY)] == [1, 1, 1, 1, 2, 1, 1, 1]


def test_noted_together_a_death_would_double_the_batch(
    tenant: Tenant, mailbox: Mailbox, dying: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    queue_mails()
    dying(address(4))
    monkeypatch.setattr(mail, "_note_sent", lambda claimed, written: None)
    send_round(tenant)
    monkeypatch.undo()
    let_claims_run_out()
    send_round(tenant)
    assert len(mailbox.mails) == MANY + 5


def test_a_mail_that_kills_its_worker_takes_no_tries_of_the_others(
    tenant: Tenant, mailbox: Mailbox, dying: Callable[[str], None]
) -> None:
    queue_mails()
    dying(address(0))  # the first of each batch
    for _ in range(messages.MAXIMUM_TRIES + MANY):
        send_round(tenant)
        let_claims_run_out()
    found = rows()
    assert found[address(0)].status == "failed" and found[address(0)].last_error == mail.WORN_OUT
    others = [found[address(place)] for place in range(1, MANY)]
    assert {(row.status, row.attempts) for row in others} == {("sent", 2)}


def test_claimed_together_each_time_all_would_die_with_it(
    tenant: Tenant, mailbox: Mailbox, dying: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(
        sending,
        "claim_new",
        lambda: sending._claim(sending.AT_ONCE, Message.status == "queued"),
    )
    queue_mails()
    dying(address(0))
    for _ in range(messages.MAXIMUM_TRIES + MANY):
        send_round(tenant)
        let_claims_run_out()
    assert {row.status for row in rows().values()} == {"failed"}


def test_one_that_cannot_be_written_keeps_no_other(tenant: Tenant, mailbox: Mailbox) -> None:
    good = queue_mails()
    (bad,) = queue_mails(1, "payment_received", data={"payment_id": str(UUID(int=1))})
    send_round(tenant)
    db.session.rollback()
    assert db.session.get_one(Message, bad).status == "failed"
    assert {db.session.get_one(Message, each).status for each in good} == {"sent"}


def test_one_that_events_overtook_is_left_out(tenant: Tenant, mailbox: Mailbox) -> None:
    queue_mails(2)
    overtaken = queue_mails(1, "hold_ended")
    send_round(tenant)
    row = db.session.get_one(Message, overtaken[0], populate_existing=True)
    assert (row.status, row.is_overtaken) == ("failed", True)
    assert len(mailbox.mails) == 2


def test_a_batch_asks_about_its_bookings_once(
    tenant: Tenant, mailbox: Mailbox, statements: list[str]
) -> None:
    counts = []
    for number in (2, 2, 12):  # the first one also asks for the host, which is then remembered
        queue_mails(number)
        statements.clear()
        send_round(tenant)
        counts.append(len(statements))
    # Each further mail costs the transaction in which it is noted: whose it is, and that it was sent.
    assert counts[2] == counts[1] + 10 * 2


def test_what_is_written_long_ago_is_written_anew(
    tenant: Tenant, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one's booking is cancelled while the first one is handed over slowly."""
    first, second = queue_mails(2)
    booking_id = rows()[address(1)].booking_id
    monkeypatch.setattr(mail, "FRESH_SECONDS", 0.0)
    send = gateway.send

    def send_slowly(letter: Letter) -> None:
        send(letter)
        cancelled = update(Booking).where(Booking.id == booking_id).values(status="cancelled")
        commit_once(lambda: db.session.execute(cancelled))

    monkeypatch.setattr(gateway, "send", send_slowly)
    send_round(tenant)
    row = db.session.get_one(Message, second, populate_existing=True)
    assert (row.status, row.is_overtaken) == ("failed", True)


def test_those_whose_turn_did_not_come_are_given_back(
    app: Flask, tenant: Tenant, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_mails()
    stop = Event()
    monkeypatch.setitem(app.extensions, "worker_stop", stop)
    stop.set()
    send_round(tenant)
    found = sorted((row.status, row.attempts) for row in rows().values())
    assert found == [("queued", 0)] * (MANY - 1) + [("sent", 1)]


def test_two_workers_never_claim_the_same(app: Flask, tenant: Tenant) -> None:
    ids = queue_mails()
    mine = sending.claim_new(ids[:4])
    assert {each.id for each in mine} == set(ids[:4])
    commit_once(lambda: None)
    assert commit_once(lambda: sending.claim_new(ids)) == [Claimed(each, 1) for each in sorted(ids[4:])]
    assert commit_once(lambda: sending.claim_new()) == []
