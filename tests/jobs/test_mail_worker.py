"""A queued message is sent by a real worker to a real mail server."""

from collections.abc import Callable
from subprocess import Popen
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Message, Tenant
from tests.jobs.bookings import book
from tests.jobs.conftest import wait_until
from tests.jobs.mail_server import Mailbox


def message_of(booking_id: UUID) -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).where(Message.booking_id == booking_id)).one()


def test_a_queued_message_is_sent_once_and_kept_as_it_was_sent(
    tenant: Tenant, mailbox: Mailbox, start: Callable[..., "Popen[bytes]"]
) -> None:
    start("work", "mail")
    booking_id = book("once@x.example")
    wait_until(lambda: message_of(booking_id).status == "sent")
    (mail,) = mailbox.to("once@x.example")
    message = message_of(booking_id)
    assert mail["Message-ID"].startswith(f"<{message.id}@")
    assert message.subject == mail["Subject"]
    assert "BEGIN:VCALENDAR" in (message.calendar_file or "")
