"""A queued message becomes a letter for the mail server: written at the last moment, kept as it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from backoffice.database import among, db
from backoffice.documents.plain_text import one_line
from backoffice.domain.errors import NotFound, Refused
from backoffice.gateways.mail import Letter
from backoffice.models import Booking, Message, Tenant
from backoffice.services import (
    bulk_mails,
    mail_facts,
    mail_texts,
    messages,
    pay_mail,
    reminders,
    reviews,
    tenants,
    users,
    wordings,
)
from backoffice.services.called_off import words as choices
from backoffice.services.certificates import mailing as certificate_mail
from backoffice.services.corporate import mails as corporate_mails
from backoffice.services.mail_texts import About, Rendered
from backoffice.services.messages import TEMPLATES
from backoffice.services.my import links as my_links
from backoffice.services.reminders import names_link
from backoffice.services.waiting import mails as waiting_mails
from backoffice.tenancy import current_tenant_id

# Where the secret link of a mail leads (views/login.py, views/public/my).
PAGES = {"invitation": "/invitation/", "password_reset": "/password/reset/", "sign_in": "/my/enter/"}
NOT_KEPT = "This mail carried a secret link. Its text is not kept."
NO_LONGER_KEPT = "The texts of mails are kept for a year. This one is older."


@dataclass(frozen=True)
class Written:
    """The letter, and what of it the message row keeps."""

    letter: Letter
    to_keep: dict[str, str | None]


def write(message_id: UUID) -> Written | None:
    """The letter of a claimed message; None when events overtook it (the row says so then).

    Makes the token of a secret link: commit before sending. Raises NotFound and Refused, which trying again
    does not help.
    """
    return _write(messages.get(message_id))


def write_many(message_ids: Sequence[UUID]) -> dict[UUID, Written | None]:
    """As `write`, for several messages whose bookings are read together. Raises for all what one of them raises.

    Not those of a bulk mail: it may be stopped until the moment each of them is handed over.
    """
    wanted = among(Message.id, message_ids), Message.template != bulk_mails.TEMPLATE
    found = db.session.scalars(select(Message).where(*wanted)).all()
    bookings = mail_facts.load_bookings({each.booking_id for each in found if each.booking_id})
    return {
        each.id: _write(each, bookings.get(each.booking_id) if each.booking_id else None) for each in found
    }


def _write(message: Message, booking: Booking | None = None) -> Written | None:
    reason = _why_unwanted(message)
    if reason:
        messages.mark_failed(message.id, reason, is_overtaken=True)
        return None
    tenant = db.session.get_one(Tenant, current_tenant_id())
    base_url = tenants.base_url(tenant)
    about = replace(_about(message, base_url), booking=booking)
    rendered = mail_texts.render(message.template, about)
    if rendered.failed_words:
        wordings.note_failure(message.template, rendered.failed_words)
    return Written(_letter(message, rendered, tenant, base_url), _to_keep(message, rendered, about))


def _why_unwanted(message: Message) -> str | None:
    return (
        messages.why_unwanted(message)
        or choices.why_unwanted(message.booking_id, message.template)
        or pay_mail.why_unwanted(message)
        or reminders.why_unwanted(message)
        or certificate_mail.why_unwanted(message)
        or bulk_mails.why_unwanted(message)
        or corporate_mails.why_unwanted(message)
        or waiting_mails.why_unwanted(message)
    )


def _about(message: Message, base_url: str) -> About:
    is_secret = TEMPLATES[message.template].is_secret
    link = _secret_link(message, base_url) if is_secret else _link(message, base_url)
    return About(
        message.booking_id,
        message.user_id,
        message.recipient_name,
        link,
        message.data,
        manage_link=my_links.url_for_message(message),
    )


def _link(message: Message, base_url: str) -> str:
    """The link in a mail whose text is kept without it; "" for most."""
    return (
        pay_mail.url_for_message(message)
        or names_link.url_for_message(message)
        or certificate_mail.url_for_message(message, base_url)
        or corporate_mails.url_for_message(message)
        or waiting_mails.url_for_message(message)
        or reviews.url_for_message(message)
    )


def _secret_link(message: Message, base_url: str) -> str:
    if message.template in choices.TEMPLATES:
        return choices.secret_link(message.booking_id)
    if message.user_id is None:
        raise NotFound("The person this mail is about does not exist.")
    user = users.get(message.user_id)
    if not user.is_active or user.email != message.recipient:
        # The link lets somebody in: it goes to the address that the login has now, or nowhere.
        raise Refused("address_changed", "Not sent: the login was deactivated or has another address now.")
    return base_url + PAGES[message.template] + users.make_token(user, message.template)


def _letter(message: Message, rendered: Rendered, tenant: Tenant, base_url: str) -> Letter:
    host = tenants.host_of(base_url)
    return Letter(
        # The same at every try: whoever gets it twice can tell.
        message_id=f"<{message.id}@{host}>",
        sender=(one_line(tenant.name, maximum=100), tenant.email or f"no-reply@{host}"),
        recipient=(one_line(message.recipient_name, maximum=100), message.recipient),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=rendered.calendar,
        calendar_method=TEMPLATES[message.template].calendar_method,
        attachments=rendered.attachments,
    )


def _to_keep(message: Message, rendered: Rendered, about: About) -> dict[str, str | None]:
    """The mail as it was sent, but for a link that opens something: that is only hinted at."""
    if TEMPLATES[message.template].is_secret:
        return {"subject": rendered.subject, "body_text": None, "body_html": None, "calendar_file": None}
    text, html = rendered.text, rendered.html
    for link in about.secrets:
        text, html = (body.replace(link, mail_texts.HIDDEN_LINK) for body in (text, html))
    return {
        "subject": rendered.subject,
        "body_text": text,
        "body_html": html,
        "calendar_file": rendered.calendar,
    }


def preview_of(message: Message) -> Rendered:
    """The mail of a row as it would go out now, its secret link only hinted at. Raises NotFound."""
    about = About(
        message.booking_id, message.user_id, message.recipient_name, mail_texts.HIDDEN_LINK, message.data
    )
    return mail_texts.render(message.template, about)
