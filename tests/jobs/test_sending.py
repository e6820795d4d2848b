"""What one try at a message leads to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import mail
from backoffice.models import Message, Tenant
from backoffice.services import bookings, messages, users
from backoffice.services.messages import MAXIMUM_TRIES
from backoffice.work import commit_once
from tests import factories
from tests.jobs.bookings import book
from tests.jobs.mail_server import Mailbox, MailServer

JANE = "jane@x.example"


def message_of(booking_id: UUID, template: str = "booking_confirmed") -> Message:
    db.session.rollback()
    of_booking = select(Message).where(Message.booking_id == booking_id, Message.template == template)
    return db.session.scalars(of_booking).one()


def send(message: Message) -> Message:
    """Try the message now, as if its time had come."""
    message_id = message.id
    due = update(Message).where(Message.id == message_id).values(next_attempt_at=datetime.now(UTC))
    commit_once(lambda: db.session.execute(due))
    mail.send_messages(str(message.tenant_id), str(message_id))
    db.session.rollback()
    return db.session.get_one(Message, message_id)


def test_a_booking_without_an_address_queues_nothing(tenant: Tenant) -> None:
    booking_id = book(None)
    assert db.session.scalars(select(Message).where(Message.booking_id == booking_id)).all() == []


def test_a_key_is_used_once(tenant: Tenant) -> None:
    booking_id = book(None)
    again: dict[str, Any] = {"recipient": JANE, "booking_id": booking_id, "once_key": "k", "actor": SYSTEM}
    assert commit_once(lambda: messages.queue("booking_confirmed", **again)) is not None
    assert commit_once(lambda: messages.queue("booking_confirmed", **again)) is None


def test_a_mail_of_rolled_back_work_is_not_sent(tenant: Tenant, mailbox: Mailbox) -> None:
    booking_id = book(None)
    messages.queue("booking_confirmed", recipient=JANE, booking_id=booking_id, actor=SYSTEM)
    db.session.rollback()
    assert db.session.scalars(select(Message).where(Message.booking_id == booking_id)).all() == []


def test_a_sent_message_is_not_sent_again(tenant: Tenant, mailbox: Mailbox) -> None:
    message = send(message_of(book(JANE)))
    assert message.status == "sent"
    send(message)
    assert len(mailbox.to(JANE)) == 1


def test_a_message_that_another_worker_has_is_left_to_it(tenant: Tenant, mailbox: Mailbox) -> None:
    message = message_of(book(JANE))
    assert commit_once(lambda: messages.claim(message.id))
    mail.send_messages(str(message.tenant_id), str(message.id))
    assert mailbox.mails == []


def test_a_refusal_for_now_is_tried_again_with_growing_pauses_and_fails_in_the_end(
    tenant: Tenant, mailbox: Mailbox
) -> None:
    mailbox.refuse[JANE] = "451 try later"
    message = message_of(book(JANE))
    for minutes in (1, 5, 15, 60):
        message = send(message)
        pause = message.next_attempt_at - datetime.now(UTC)
        assert message.status == "queued"
        assert abs(pause - timedelta(minutes=minutes)) < timedelta(seconds=20)
    message = send(message)
    assert (message.status, message.attempts) == ("failed", MAXIMUM_TRIES)
    assert "451" in (message.last_error or "")


def test_a_refusal_for_ever_fails_at_once(tenant: Tenant, mailbox: Mailbox) -> None:
    mailbox.refuse[JANE] = "550 no such user"
    message = send(message_of(book(JANE)))
    assert (message.status, message.attempts, message.is_overtaken) == ("failed", 1, False)


def test_a_mail_server_that_is_away_is_waited_for(
    tenant: Tenant, mail_server: MailServer, mailbox: Mailbox
) -> None:
    message = message_of(book(JANE))
    mail_server.stop()
    try:
        message = send(message)
        assert message.status == "queued" and "did not answer" in (message.last_error or "")
    finally:
        mail_server.start()
    assert send(message).status == "sent"


def test_a_confirmation_that_a_cancellation_overtook_is_not_sent(tenant: Tenant, mailbox: Mailbox) -> None:
    booking_id = book(JANE)
    commit_once(lambda: bookings.cancel(booking_id, "Changed plans", factories.actor()))
    confirmation = send(message_of(booking_id))
    assert (confirmation.status, confirmation.is_overtaken) == ("failed", True)
    assert send(message_of(booking_id, "booking_cancelled")).status == "sent"
    assert [mail["Subject"].split(":")[0].split(" is ")[1] for mail in mailbox.to(JANE)] == ["cancelled"]


def test_a_message_that_cannot_be_written_dies_and_blocks_nobody(tenant: Tenant, mailbox: Mailbox) -> None:
    poison, good = message_of(book(JANE)), message_of(book("ann@x.example"))
    broken = update(Message).where(Message.id == poison.id).values(template="no_such_template")
    commit_once(lambda: db.session.execute(broken))
    for _ in range(MAXIMUM_TRIES):
        poison = send(poison)
    assert (poison.status, poison.attempts) == ("failed", MAXIMUM_TRIES)
    assert "KeyError" in (poison.last_error or "")
    assert send(good).status == "sent"


def test_a_message_whose_workers_all_died_dies_too(tenant: Tenant, mailbox: Mailbox) -> None:
    message = message_of(book(JANE))
    died = update(Message).where(Message.id == message.id).values(attempts=MAXIMUM_TRIES)
    commit_once(lambda: db.session.execute(died))
    assert send(message).status == "failed"
    assert mailbox.mails == []


@pytest.mark.parametrize("template", ["invitation", "password_reset"])
def test_a_secret_link_is_mailed_and_kept_nowhere(tenant: Tenant, mailbox: Mailbox, template: str) -> None:
    user = factories.make_user(role="office")
    message_id = commit_once(
        lambda: messages.queue(template, recipient=user.email, user_id=user.id, actor=factories.actor())
    )
    assert message_id
    message = send(db.session.get_one(Message, message_id))
    text = mailbox.to(user.email or "")[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    token = next(line for line in text.splitlines() if line.startswith("http")).rpartition("/")[2]
    assert len(token) > 30
    kept = (message.subject, message.body_text, message.body_html, message.data, message.last_error)
    assert token not in str(kept)
    assert message.body_text is None and message.subject


def test_a_secret_link_goes_nowhere_once_the_login_is_shut(tenant: Tenant, mailbox: Mailbox) -> None:
    user, other = factories.make_user(role="office"), factories.make_user(role="admin")
    commit_once(lambda: users.mail_invitation(user, factories.actor()))
    commit_once(lambda: users.deactivate(user.id, factories.actor(user=other)))
    message = db.session.scalars(select(Message).where(Message.user_id == user.id)).one()
    assert send(message).status == "failed"
    assert mailbox.mails == []
