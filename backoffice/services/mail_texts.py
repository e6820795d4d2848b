"""The words of a mail, written from the rows as they are at that moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import select

from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.documents.plain_text import block, one_line
from backoffice.domain.errors import NotFound
from backoffice.gateways.mail import Attachment
from backoffice.models import Booking, Tenant, User
from backoffice.services import mail_facts, pay_mail, refund_mails, tenants
from backoffice.services.called_off import words as choices
from backoffice.services.certificates import mailing as certificate_mail
from backoffice.services.messages import TEMPLATES
from backoffice.services.reminders import expiry
from backoffice.services.reminders import facts as reminder_facts
from backoffice.services.reports import mailed
from backoffice.tenancy import current_tenant_id

FOLDER = PROJECT / "templates" / "emails"
SUBJECT_LENGTH = 200
# What previews show where the mail has a secret link.
HIDDEN_LINK = "https://…"


@dataclass(frozen=True)
class Rendered:
    """One mail, ready to be sent; `calendar` is an iCalendar file or None."""

    subject: str
    text: str
    html: str
    calendar: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class About:
    """What a mail is about; `link` is the secret one of an invitation, a new password, a payment."""

    booking_id: UUID | None = None
    user_id: UUID | None = None
    recipient_name: str = ""
    link: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    booking: Booking | None = None  # by mail_facts.load_bookings, where it was read before


def render(template: str, about: About) -> Rendered:
    """The subject, both bodies and the calendar file. Raises NotFound when what it is about is gone."""
    tenant = db.session.get_one(Tenant, current_tenant_id())
    base_url = tenants.base_url(tenant)
    facts = _facts(template, about, tenant)
    return Rendered(
        subject=one_line(_write(template, "subject.txt", facts), maximum=SUBJECT_LENGTH),
        text=_write(template, "body.txt", facts).strip() + "\n",
        html=_inliner().inline(_write(template, "body.html", facts)),
        calendar=_calendar(template, facts, base_url),
        attachments=facts.get("attachments", ()),
    )


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
    if TEMPLATES[template].about == "user":
        facts |= {"user": _user(about.user_id)}
        if template == refund_mails.TEMPLATE:
            facts["refund"] = refund_mails.facts(about.user_id, about.data.get("refund_id"))
        if template == "report":
            facts |= _report(about, facts["user"], tenant)
        return facts
    facts |= mail_facts.of_booking(about.booking_id, tenant, about.booking)
    facts |= _paying(template, about, facts["booking"])
    if template in reminder_facts.TEMPLATES:
        facts |= reminder_facts.of_booking(facts["booking"], about.data, tenant)
    if template in expiry.TEMPLATES:
        facts |= expiry.facts(facts["booking"], about.data, tenant, tenants.base_url(tenant), template)
    if template in choices.TEMPLATES:
        facts["choice"] = choices.of_booking(about.booking_id)
    if template == certificate_mail.TEMPLATE:
        facts |= certificate_mail.facts(facts["booking"], about.data, tenants.base_url(tenant))
    if template == "payment_received":
        facts["payment"] = mail_facts.of_payment(facts["booking"], about.data.get("payment_id"))
    return facts


def _paying(template: str, about: About, booking: Booking) -> dict[str, Any]:
    """How the booking is paid by its link; other mails of it say so in general words."""
    if template not in pay_mail.MAILS_WITH_A_LINK:
        return {"pays_by_link": False}
    by_link = bool(about.link) and pay_mail.tells_to_pay(booking)
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
