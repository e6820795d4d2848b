"""How certificates look in lists: their standing, their paper, and how they reach their holder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask import get_template_attribute, url_for
from markupsafe import Markup
from sqlalchemy import and_, or_
from sqlalchemy.sql import ColumnElement

from backoffice.database import db
from backoffice.documents.letterforms import missing_letters
from backoffice.domain.times import to_local
from backoffice.models import Certificate, Course
from backoffice.services.certificates.reading import Delivery
from backoffice.views.admin import formats
from backoffice.views.admin.list_page import RelatedTable
from backoffice.views.admin.pieces import pill_cell, record_link

EXPIRING_DAYS = (30, 60, 90)


MOST_LETTERS = 12


def lost_letters(name: str) -> str:
    """What to know of a name that the paper cannot show whole; "" for one that it can."""
    lost = missing_letters(name)
    if not lost:
        return ""
    named = lost if len(lost) <= MOST_LETTERS else f"{lost[:MOST_LETTERS]}…"
    return f"The certificate has no shape for {named} and would leave it out or show a box: write the name in other letters."


def today() -> date:
    """By the tenant's calendar."""
    return to_local(datetime.now(UTC), formats.page_zone()).date()


def standing_of(certificate: Certificate) -> str:
    """valid, expired, replaced or revoked."""
    is_over = certificate.status == "valid" and certificate.has_expired(today())
    return "expired" if is_over else certificate.status


def standing_cell(view: Any, context: Any, model: Certificate, name: str) -> Any:
    """The standing, and whether somebody has to look at it."""
    shown = pill_cell(standing_of(model), "certificate")
    if model.needs_review and model.status == "valid":
        return Markup("{} {}").format(shown, _pill("To look at", "wait"))
    return shown


def _pill(label: str, tone: str) -> Markup:
    macro = get_template_attribute("macros/ui.html", "pill")
    return Markup(macro("", None, label, tone))  # noqa: S704, escaped by the macro


def paper_cell(view: Any, context: Any, model: Certificate, name: str) -> Any:
    """The PDF, or how far its making is."""
    if model.making == "made":
        return Markup('<a href="{}">PDF<span class="sr-only"> of {}</span></a>').format(
            url_for("certificates.paper", id=model.id), model.number
        )
    return _pill(*MAKING_WORDS[model.making])


MAKING_WORDS = {
    "waiting": ("Being made", "wait"),
    "failed": ("Not made", "bad"),
    "made": ("Made", "good"),
}
MAIL_WORDS = {
    "queued": ("Mail on its way", "wait"),
    "sent": ("Mailed", "good"),
    "failed": ("Mail failed", "bad"),
    "bounced": ("Mail came back", "bad"),
}


def delivery_cell(certificate: Certificate, delivery: Delivery | None) -> Any:
    """How it reaches its holder: the mail and where it goes, or that it has to be printed."""
    if delivery is None or delivery.recipient is None:
        return _pill("No e-mail: print it", "wait")
    if delivery.status is None:
        return delivery.recipient
    link = record_link("messages", delivery.message_id, delivery.recipient)
    return Markup("{} {}").format(_pill(*MAIL_WORDS[delivery.status]), link)


def table(found: Sequence[Certificate]) -> RelatedTable:
    """Certificates as the pages of bookings and customers show them."""
    header = ("Certificate", "Name", "Course", "Valid until", "Status")
    return RelatedTable("Certificates", header, [_row(each) for each in found], "None yet.")


def _row(certificate: Certificate) -> list[Any]:
    return [
        record_link("certificates", certificate.id, certificate.number),
        certificate.holder,
        certificate.course_title,
        formats.show_value(certificate.expires_on) if certificate.expires_on else "No end",
        standing_cell(None, None, certificate, "status"),
    ]


def expires_within(choice: str) -> ColumnElement[bool]:
    """The condition of the filter: valid ones that end within so many days, or have ended."""
    now = today()
    is_valid = Certificate.status == "valid"
    if choice == "over":
        return and_(is_valid, Certificate.expires_on < now)
    until = date.fromordinal(now.toordinal() + int(choice))
    return and_(is_valid, Certificate.expires_on.between(now, until))


def attention() -> ColumnElement[bool]:
    """Somebody has to look: the register was corrected, or the paper could not be made."""
    return and_(Certificate.status == "valid", or_(Certificate.needs_review, Certificate.making == "failed"))


def course_options() -> list[tuple[str, str]]:
    """Every course that gives certificates, archived ones too: theirs are still valid."""
    rows = db.session.query(Course.id, Course.title).filter(Course.gives_certificate)
    return [(str(row.id), row.title) for row in rows.order_by(Course.title).limit(500)]
