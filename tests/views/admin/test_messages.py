"""The screen of mails: who may see what, and that a mail cannot do anything on it."""

from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Message
from backoffice.services import letters, messages
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.jobs.bookings import book
from tests.web_client import Visitor, signed_in

JANE = "jane@x.example"
EVIL = '"><script>alert(1)</script>'


def queued(app: Flask, provider: Provider, name: str = "Jane") -> UUID:
    with app.app_context(), tenant_scope(provider.id):
        booking_id = book(JANE, name=(name, "Doe"))
        message_id = db.session.scalars(select(Message.id).where(Message.booking_id == booking_id)).one()
        db.session.remove()
    return message_id


def sent(app: Flask, provider: Provider, name: str = "Jane") -> UUID:
    """A mail about a booking, kept as if it had been sent."""
    message_id = queued(app, provider, name)
    with app.app_context(), tenant_scope(provider.id):
        written = letters.write(message_id)
        assert written
        commit_once(lambda: messages.mark_sent(message_id, **written.to_keep))
        db.session.remove()
    return message_id


def status_of(app: Flask, provider: Provider, message_id: UUID) -> str:
    with app.app_context(), tenant_scope(provider.id):
        status = db.session.get_one(Message, message_id).status
        db.session.remove()
    return status


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


def test_the_list_shows_and_narrows_what_went_out(app: Flask, provider: Provider, office: Visitor) -> None:
    sent(app, provider)
    for query in ("", "?search=jane%40x", "?status=sent", "?template=booking_confirmed", "?attention=no"):
        page = office.get(f"/admin/messages/{query}").get_data(as_text=True)
        assert JANE in page and "Booking confirmed" in page, query
    for query in ("?search=nobody", "?status=failed", "?attention=yes"):
        assert JANE not in office.get(f"/admin/messages/{query}").get_data(as_text=True), query


def test_a_reference_finds_the_mails_of_a_booking(app: Flask, provider: Provider, office: Visitor) -> None:
    message_id = sent(app, provider)
    with app.app_context(), tenant_scope(provider.id):
        reference = db.session.get_one(Message, message_id).booking.reference
        db.session.remove()
    assert JANE in office.get(f"/admin/messages/?search={reference.lower()}").get_data(as_text=True)


def test_a_mail_is_shown_as_it_was_sent_in_a_frame_that_runs_nothing(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    message_id = sent(app, provider, EVIL)
    page = office.get(f"/admin/messages/details/?id={message_id}").get_data(as_text=True)
    assert "The mail as it was sent" in page and "<iframe sandbox " in page
    assert "alert(1)</script>" not in page
    frame = page.partition('srcdoc="')[2].partition('"')[0]
    assert "<!DOCTYPE html>" in unescape(frame) and "<script" not in unescape(frame)


def test_a_waiting_mail_is_shown_as_it_would_go_out_now(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    message_id = queued(app, provider)
    page = office.get(f"/admin/messages/details/?id={message_id}").get_data(as_text=True)
    assert "The mail as it would go out now" in page and "Next try" in page


def test_the_calendar_file_can_be_had(app: Flask, provider: Provider, office: Visitor) -> None:
    answer = office.get(f"/admin/messages/calendar/?id={sent(app, provider)}")
    assert answer.mimetype == "text/calendar" and answer.data.startswith(b"BEGIN:VCALENDAR")
    assert office.get(f"/admin/messages/calendar/?id={queued(app, provider)}").status_code == 404


def test_the_text_of_a_secret_mail_is_not_shown(app: Flask, provider: Provider, office: Visitor) -> None:
    with app.app_context(), tenant_scope(provider.id):
        user = factories.make_user(role="office")
        clerk = factories.actor()
        message_id = commit_once(
            lambda: messages.queue("invitation", recipient=user.email, user_id=user.id, actor=clerk)
        )
        assert message_id
        written = letters.write(message_id)
        assert written
        commit_once(lambda: messages.mark_sent(message_id, **written.to_keep))
        db.session.remove()
    page = office.get(f"/admin/messages/details/?id={message_id}").get_data(as_text=True)
    assert letters.NOT_KEPT in page and "iframe" not in page
    assert written.letter.text.partition("/invitation/")[2].split()[0] not in page


def test_a_sent_mail_is_marked_as_bounced_and_sent_again(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    message_id = sent(app, provider)
    answer = office.post(f"/admin/messages/mark-bounced/?id={message_id}", {"reason": "Mailbox full"})
    assert answer.status_code == 302
    assert status_of(app, provider, message_id) == "bounced"
    assert JANE in office.get("/admin/messages/?attention=yes").get_data(as_text=True)
    assert office.post(f"/admin/messages/resend/?id={message_id}").status_code == 302
    with app.app_context(), tenant_scope(provider.id):
        statuses = db.session.scalars(select(Message.status).order_by(Message.id)).all()
        db.session.remove()
    assert statuses == ["bounced", "queued"]


@pytest.mark.parametrize(("role", "look", "send"), [("manager", 200, 403), ("instructor", 403, 403)])
def test_who_may_look_and_who_may_send(
    app: Flask, provider: Provider, role: str, look: int, send: int
) -> None:
    message_id, visitor = sent(app, provider), signed_in(app, provider, role)
    assert visitor.get("/admin/messages/").status_code == look
    assert visitor.get(f"/admin/messages/details/?id={message_id}").status_code == look
    for verb in ("resend", "mark-bounced"):
        assert visitor.post(f"/admin/messages/{verb}/?id={message_id}").status_code == send
    assert status_of(app, provider, message_id) == "sent"


def test_the_page_of_a_mail_lets_its_layout_through_and_other_pages_let_none(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    """The frame of a mail stands under the policy of the page around it."""
    mail = f"/admin/messages/details/?id={sent(app, provider)}"
    for page, allows in (
        (mail, True),
        ("/admin/desk/", True),
        ("/admin/messages/", False),
        ("/admin/", False),
    ):
        policy = office.get(page).headers["Content-Security-Policy"]
        assert ("style-src-attr 'unsafe-inline'" in policy) is allows, page
        assert ("style-src-attr 'none'" in policy) is not allows, page
