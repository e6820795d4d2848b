"""The words of a mail, written from the rows as they are at that moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import select

from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.documents.plain_text import block, one_line
from backoffice.domain.errors import NotFound, Refused
from backoffice.gateways.mail import Attachment
from backoffice.models import Booking, BulkMail, Tenant, User
from backoffice.services import mail_facts, pay_mail, refund_mails, reviews, tenants, wordings
from backoffice.services.called_off import words as choices
from backoffice.services.certificates import mailing as certificate_mail
from backoffice.services.corporate import mails as corporate_mails
from backoffice.services.messages import TEMPLATES
from backoffice.services.my import links as my_links
from backoffice.services.reminders import expiry, names_link
from backoffice.services.reminders import facts as reminder_facts
from backoffice.services.reports import mailed
from backoffice.services.waiting import mails as waiting_mails
from backoffice.services.wordings import Wording, WordingFailed, Words
from backoffice.tenancy import current_tenant_id

FOLDER = PROJECT / "templates" / "emails"
SUBJECT_LENGTH = 200
# What previews show where the mail has a secret link.
HIDDEN_LINK = "https://…"


@dataclass(frozen=True)
class Rendered:
    """One mail, ready to be sent; `calendar` is an iCalendar file or None.

    `failed_words` says why it is not in the provider's own words, where it should have been.
    """

    subject: str
    text: str
    html: str
    calendar: str | None = None
    attachments: tuple[Attachment, ...] = ()
    failed_words: str = ""


@dataclass(frozen=True)
class About:
    """What a mail is about; `link` is the secret one of an invitation, a new password, a payment.

    `manage_link` opens the booking to who booked it.
    """

    booking_id: UUID | None = None
    user_id: UUID | None = None
    recipient_name: str = ""
    link: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    booking: Booking | None = None  # by mail_facts.load_bookings, where it was read before
    manage_link: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The links that open something: what is kept of a mail only hints at them."""
        return tuple(each for each in (self.link, self.manage_link) if each)


def render(template: str, about: About) -> Rendered:
    """The subject, both bodies and the calendar file, in the provider's own words where there are some.

    Raises NotFound when what it is about is gone, Refused for a bulk mail that cannot be written.
    """
    tenant = db.session.get_one(Tenant, current_tenant_id())
    facts = _facts(template, about, tenant)
    if "bulk_id" in about.data:
        return _rendered(template, facts, _in_words_of_bulk(about.data, facts))
    wording = wordings.find(template)
    if wording is None:
        return _rendered(template, facts, _in_words_of_house(template, facts))
    try:
        return _rendered(template, facts, _in_words(template, wording, facts))
    except WordingFailed as error:
        return _rendered(template, facts, _in_words_of_house(template, facts), str(error))


def try_words(template: str, wording: Wording, about: About | None) -> Rendered:
    """A mail in words that are not stored; without anything it is about, with the examples of the variables.

    Raises NotFound, WordingFailed.
    """
    tenant = db.session.get_one(Tenant, current_tenant_id())
    if about is None:
        words = wordings.write_example(template, wording, mail_facts.of_tenant(tenant), _environment())
        return Rendered(words.subject, words.text, _inliner().inline(words.html))
    facts = _facts(template, about, tenant)
    return _rendered(template, facts, _in_words(template, wording, facts))


def _rendered(template: str, facts: dict[str, Any], words: Words, failed_words: str = "") -> Rendered:
    return Rendered(
        subject=one_line(words.subject, maximum=SUBJECT_LENGTH),
        text=words.text.strip() + "\n",
        html=_inliner().inline(words.html),
        calendar=_calendar(template, facts, tenants.base_url(facts["tenant"])),
        attachments=facts.get("attachments", ()),
        failed_words=failed_words,
    )


def _in_words(template: str, wording: Wording, facts: dict[str, Any]) -> Words:
    return wordings.write(template, wording, facts, _environment())


def _in_words_of_house(template: str, facts: dict[str, Any]) -> Words:
    return Words(
        _write(template, "subject.txt", facts),
        _write(template, "body.txt", facts),
        _write(template, "body.html", facts),
    )


def _in_words_of_bulk(data: dict[str, Any], facts: dict[str, Any]) -> Words:
    """No words of the house stand in for these: the mail is not sent, and somebody looks."""
    try:
        words = _in_words("bulk_mail", _bulk_mail(data["bulk_id"]), facts)
    except WordingFailed as error:
        raise Refused("words", str(error)) from error
    return replace(words, subject=f"Test: {words.subject}") if data.get("is_test") else words


def _bulk_mail(bulk_id: Any) -> BulkMail:
    found = db.session.scalar(select(BulkMail).where(BulkMail.id == UUID(str(bulk_id))))
    if found is None:
        raise NotFound("The words of this mail do not exist.")
    return found


def preview(template: str, *, booking_id: UUID | None = None, user_id: UUID | None = None) -> Rendered:
    """The mail as it would go out now. A secret link is only hinted at: nothing is made or stored."""
    return render(template, About(booking_id, user_id, link=HIDDEN_LINK))


def _calendar(template: str, facts: dict[str, Any], base_url: str) -> str | None:
    method = TEMPLATES[template].calendar_method
    return mail_facts.calendar(facts["booking"], facts["tenant"], base_url, method) if method else None


def _facts(template: str, about: About, tenant: Tenant) -> dict[str, Any]:
    facts = mail_facts.of_tenant(tenant) | {
        "recipient_name": one_line(about.recipient_name, maximum=100),
        "note": block(str(about.data.get("note", "")), maximum=1000),
        "link": about.link,
    }
    if TEMPLATES[template].about == "request":
        return facts | corporate_mails.facts(about.data, tenant)
    if TEMPLATES[template].about == "user":
        facts |= {"user": _user(about.user_id)}
        if template == refund_mails.TEMPLATE:
            facts["refund"] = refund_mails.facts(about.user_id, about.data.get("refund_id"))
        if template == "report":
            facts |= _report(about, facts["user"], tenant)
        if template in waiting_mails.OF_PARTIES:
            facts |= waiting_mails.facts(about.data)
        return facts
    facts |= mail_facts.of_booking(about.booking_id, tenant, about.booking)
    facts["manage_link"] = about.manage_link or _hinted_at(template, about)
    facts |= _paying(template, about, facts["booking"])
    if template == names_link.CONFIRMATION:
        facts["names_missing"] = names_link.missing(facts["booking"])
    if template in reminder_facts.TEMPLATES or template == "bulk_mail":
        facts |= reminder_facts.of_booking(facts["booking"], about.data, tenant)
    if template == reviews.THANKS:
        facts["review_url"] = facts["review_url"] or about.link
    if template in expiry.TEMPLATES:
        facts |= expiry.facts(facts["booking"], about.data, tenant, tenants.base_url(tenant), template)
    if template in waiting_mails.OF_BOOKINGS:
        facts |= waiting_mails.facts(about.data, about.booking_id)
    if template in choices.TEMPLATES:
        facts["choice"] = choices.of_booking(about.booking_id)
    if template == certificate_mail.TEMPLATE:
        facts |= certificate_mail.facts(facts["booking"], about.data, tenants.base_url(tenant))
    if template == "payment_received":
        facts["payment"] = mail_facts.of_payment(facts["booking"], about.data.get("payment_id"))
    return facts


def _hinted_at(template: str, about: About) -> str:
    """A preview says where the link would be."""
    is_preview = about.link == HIDDEN_LINK and "attendee_id" not in about.data
    return HIDDEN_LINK if is_preview and template in my_links.MAILS else ""


def _paying(template: str, about: About, booking: Booking) -> dict[str, Any]:
    """How the booking is paid by its link; other mails of it say so in general words."""
    if template not in pay_mail.MAILS_WITH_A_LINK:
        return {"pays_by_link": False}
    is_asked = pay_mail.can_still_be_paid if template == pay_mail.TOO_LATE else pay_mail.tells_to_pay
    by_link = bool(about.link) and is_asked(booking)
    if not by_link and template != pay_mail.MAIL_OF_A_LINK:
        return {"pays_by_link": False}
    return {"pay": pay_mail.words(booking, about.data), "pays_by_link": by_link}


def _report(about: About, user: User, tenant: Tenant) -> dict[str, Any]:
    report = mailed.write(about.data, user, tenant)
    file = Attachment(report.file_name, report.content, report.content_type)
    return {"report": report, "attachments": (file,)}


def _user(user_id: UUID | None) -> User:
    user = db.session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound("The person this mail is about does not exist.")
    return user


def _write(template: str, part: str, facts: dict[str, Any]) -> str:
    return _environment().get_template(f"{template}/{part}").render(facts)


@cache
def _environment() -> Environment:
    """Apart from the pages' one: no request, no user, and a missing fact is an error, not an empty space."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["lines"] = str.splitlines
    return environment


@cache
def _inliner() -> CSSInliner:
    # Mail programs drop <style> but keep style attributes; nothing is ever fetched for it.
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
