"""A mail in words that are not saved yet, with a real booking or with the examples of its variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.domain.text import clean_line
from backoffice.models import Booking, BulkMail
from backoffice.services import bulk_mails, mail_texts, wordings
from backoffice.services.mail_texts import HIDDEN_LINK, About, Rendered
from backoffice.services.messages import TEMPLATES
from backoffice.services.wordings import KINDS, Typed, WordingFailed

EXAMPLES = "the examples of the list"
# What is typed is escaped: only the layout of the house has one.
_STYLES = re.compile(r"<style>.*?</style>", re.DOTALL)


@dataclass(frozen=True)
class Preview:
    """The mail, or a sentence for each field that stands in its way; `shown_with` says whose facts it shows."""

    mail: Rendered | None = None
    shown_with: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def frame(self) -> str:
        """The mail for a frame on a page: without the style sheet for narrow screens, which the page's policy refuses."""
        return _STYLES.sub("", self.mail.html) if self.mail else ""


def of_words(template: str, typed: Typed, reference: str, actor: Actor) -> Preview:
    """What the mail would be in these words; `reference` names a booking, "" takes a late one that fits."""
    problems = wordings.check(template, typed)
    try:
        about, shown_with = _about(template, reference, actor)
    except (Invalid, NotFound) as error:
        return Preview(problems=problems | {"reference": error.message})
    if problems:
        return Preview(problems=problems)
    try:
        return Preview(mail_texts.try_words(template, typed, about), shown_with)
    except (NotFound, WordingFailed, Refused) as error:
        return _without(template, typed, reference, str(error))


def of_bulk(bulk: BulkMail, typed: Typed, number: int = 0) -> Preview:
    """A mail to a date as its reader of this number gets it; with examples while there is none."""
    problems = wordings.check(bulk_mails.TEMPLATE, typed)
    if problems:
        return Preview(problems=problems)
    person = bulk_mails.preview(bulk, number)
    about = About(person.booking_id, None, person.name, data=person.data) if person else None
    try:
        mail = mail_texts.try_words(bulk_mails.TEMPLATE, typed, about)
    except (NotFound, WordingFailed) as error:
        return Preview(problems={"body": str(error)})
    return Preview(mail, person.name or person.recipient if person else EXAMPLES)


def of_house(template: str) -> Rendered:
    """The house's mail as its starting text gives it, with examples."""
    return mail_texts.try_words(template, wordings.starting(template), None)


def _without(template: str, typed: Typed, reference: str, reason: str) -> Preview:
    """The booking has not what this mail tells of: whoever named it is told, everybody else sees the examples."""
    if reference.strip():
        return Preview(problems={"reference": f"This mail cannot be written for this booking. {reason}"})
    try:
        return Preview(mail_texts.try_words(template, typed, None), EXAMPLES)
    except WordingFailed as error:
        return Preview(problems={"body": str(error)})


def _about(template: str, reference: str, actor: Actor) -> tuple[About | None, str]:
    if TEMPLATES[template].about == "user":
        about = About(user_id=actor.user_id, recipient_name=actor.name, link=HIDDEN_LINK)
        return (about, "your own name") if actor.user_id else (None, EXAMPLES)
    if TEMPLATES[template].about == "request":
        return None, EXAMPLES
    booking = _booking(reference) if actor.may("booking.read") else None
    if booking is None:
        return None, EXAMPLES
    note = {"note": KINDS[template].variables["note"].example} if "note" in KINDS[template].needs else {}
    about = About(booking.id, None, booking.contact_name, HIDDEN_LINK, note)
    return about, f"booking {booking.reference}, {booking.contact_name}"


def _booking(reference: str) -> Booking | None:
    """The one that is named, otherwise the latest. Raises Invalid, NotFound for one that is named and not there."""
    wanted = clean_line(reference, field="reference", maximum=40).upper()
    if not wanted:
        latest = select(Booking).where(Booking.status.in_(LIVE_BOOKING)).order_by(Booking.booked_at.desc())
        return db.session.scalar(latest.limit(1))
    found = db.session.scalar(select(Booking).where(Booking.reference == wanted))
    if found is None:
        raise NotFound(f"There is no booking {wanted}.")
    return found
