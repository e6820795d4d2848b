"""Mails: what went to whom, what waits, what came back; each as it was sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import StringField, validators

from backoffice.database import db
from backoffice.documents.plain_text import one_line
from backoffice.domain.errors import DomainError
from backoffice.domain.statuses import LABELS
from backoffice.models import Booking, Message
from backoffice.services import letters, messages
from backoffice.services.messages import TEMPLATES
from backoffice.views.admin import filters, formats, pieces
from backoffice.views.admin.actions import screen_action
from backoffice.views.admin.base import AdminView
from backoffice.views.admin.forms import PlainText, ScreenForm
from backoffice.views.requests import current_actor

MOST_FOUND = 200
TITLES = {name: template.title for name, template in TEMPLATES.items()}


class BounceForm(ScreenForm):
    reason = StringField("What the returned mail says", [validators.Optional(), PlainText(300)])


def _to(view: Any, context: Any, message: Message, name: str) -> Any:
    if not message.recipient_name:
        return message.recipient
    return pieces.two_lines(one_line(message.recipient_name, maximum=60), message.recipient)


def _booking(view: Any, context: Any, message: Message, name: str) -> Any:
    if message.booking is None:
        return formats.nothing()
    return pieces.record_link("bookings", message.booking_id, message.booking.reference)


def _state(view: Any, context: Any, message: Message, name: str) -> Any:
    """Overtaken by events is no failure that somebody has to look at."""
    if message.is_overtaken:
        return Markup('<span class="pill pill-quiet">Not needed any more</span>')
    return pieces.pill_cell(message.status, "message")


class MessageScreen(AdminView):
    singular = "Message"
    plural = "Messages"
    subject = "message"
    empty_hint = "Mails appear here as soon as a booking is taken."
    column_list = ("created_at", "recipient", "template", "booking", "status", "sent_at")
    column_details_list = (
        "recipient",
        "template",
        "booking",
        "queued_by",
        "created_at",
        "sent_at",
        "attempts",
        "next_attempt_at",
        "last_error",
    )
    column_labels = {
        "created_at": "Queued",
        "recipient": "To",
        "template": "What",
        "sent_at": "Sent",
        "attempts": "Tries",
        "next_attempt_at": "Next try",
        "last_error": "What went wrong",
    }
    column_formatters = {
        "recipient": _to,
        "template": formats.choice(TITLES),
        "booking": _booking,
        "status": _state,
        "attempts": formats.number,
    }
    form_columns = ()
    details_template = "admin/messages/details.html"
    search_hint = "E-mail address or booking reference"
    list_sorts = {"created_at": Message.created_at}
    list_order = ("created_at", True)
    list_load = (joinedload(Message.booking),)
    details_load = (joinedload(Message.booking), joinedload(Message.queued_by))
    list_filters = (
        filters.choice("status", "Status", Message.status, LABELS["message"].items()),
        filters.yes_no("attention", "To look at", messages.needs_attention()),
        filters.choice("template", "What", Message.template, TITLES.items()),
        filters.from_day("from", "Queued from", Message.created_at),
        filters.until_day("until", "Queued until", Message.created_at),
    )

    def search_ids(self, term: str) -> list[UUID]:
        """The beginning of an address, through its index, or a whole booking reference."""
        start = term.lower()
        by_address = Message.recipient.between(start, start + "\uffff")
        of_booking = Message.booking_id.in_(select(Booking.id).where(Booking.reference == term.upper()))
        return [
            message_id
            for criterion in (by_address, of_booking)
            for message_id in db.session.scalars(
                select(Message.id).where(*self.scope(), criterion).limit(MOST_FOUND)
            )
        ]

    def title_of(self, row: Message) -> str:
        return f"{TITLES.get(row.template, row.template)} to {row.recipient}"

    def details_context(self, model: Message) -> dict[str, Any]:
        return {"mail": mail_of(model), "pills": () if model.is_overtaken else [(model.status, "message")]}

    def facts_of(self, row: Message) -> list[tuple[str, list[tuple[str, Any]]]]:
        """Without what is not true of this row: no next try of a sent mail."""
        hidden = {"Next try"} if row.status != "queued" else {"Sent"}
        hidden |= set() if row.last_error else {"What went wrong"}
        return [
            (title, [fact for fact in facts if fact[0] not in hidden])
            for title, facts in super().facts_of(row)
        ]

    @expose("/calendar/")
    def calendar(self) -> Response:
        """The calendar file that went with the mail."""
        message: Message = self.get_or_404()
        if not message.calendar_file:
            abort(404)
        return Response(
            message.calendar_file,
            content_type="text/calendar; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="booking.ics"'},
        )

    @screen_action(
        "Send again",
        right="message.send",
        ask="It goes out once more, to the same address and as things stand now.",
        bulk=True,
        applies=lambda message: message.status != "queued",
    )
    def resend(self, message: Message, form: ScreenForm) -> str:
        messages.resend(message.id, current_actor())
        return f"The mail to {message.recipient} is on its way."

    @screen_action(
        "Mark as bounced",
        right="message.send",
        ask="Note that the mail came back. It then stands on the list of mails to look at.",
        form=BounceForm,
        applies=lambda message: message.status == "sent",
    )
    def mark_bounced(self, message: Message, form: BounceForm) -> str:
        messages.mark_bounced(message.id, current_actor(), reason=form.reason.data or "")
        return f"The mail to {message.recipient} is marked as bounced."


def mail_of(message: Message) -> dict[str, Any]:
    """What the page shows of the mail: as sent, as it would go out now, or why there is nothing to show."""
    if message.body_html or message.body_text:
        return _shown("The mail as it was sent", message.subject, message.body_html, message.body_text)
    if message.status == "sent" or message.status == "bounced":
        reason = letters.NOT_KEPT if TEMPLATES[message.template].is_secret else letters.NO_LONGER_KEPT
        return _shown("The mail", message.subject, None, None) | {"reason": reason}
    try:
        mail = letters.preview_of(message)
    except (DomainError, KeyError):
        reason = "It cannot be written: what it is about does not exist any more."
        return _shown("The mail", None, None, None) | {"reason": reason}
    title = "The mail as it would go out now" if message.status == "queued" else "The mail as it would be now"
    return _shown(title, mail.subject, mail.html, mail.text)


def _shown(title: str, subject: str | None, html: str | None, text: str | None) -> dict[str, Any]:
    return {"title": title, "subject": subject, "html": html, "text": text, "reason": ""}
