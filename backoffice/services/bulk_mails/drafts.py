"""The mail before it goes: written, changed, seen as one of its readers sees it, sent to oneself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.models import BulkMail, Schedule
from backoffice.models.bulk_mail import AUDIENCES
from backoffice.services import audit, messages, users, wordings
from backoffice.services.bulk_mails.people import TEMPLATE, Person, list_people
from backoffice.services.wordings import Typed

MOST_SHOWN = 50


@dataclass(frozen=True)
class Draft:
    """What is to be written to whom; `audience` is one of models.bulk_mail.AUDIENCES."""

    subject: str
    body: str
    audience: str


def get(bulk_id: UUID) -> BulkMail:
    """The mail; raises NotFound."""
    found = db.session.scalar(select(BulkMail).where(BulkMail.id == bulk_id))
    if found is None:
        raise NotFound("This mail does not exist.")
    return found


def list_of_date(schedule_id: UUID) -> Sequence[BulkMail]:
    """What was written to a date, the latest first."""
    wanted = select(BulkMail).where(BulkMail.schedule_id == schedule_id)
    return db.session.scalars(wanted.order_by(BulkMail.created_at.desc(), BulkMail.id.desc()).limit(50)).all()


def create(schedule_id: UUID, draft: Draft, actor: Actor) -> BulkMail:
    """Keep a draft; nothing is sent. Raises Forbidden, Invalid, NotFound."""
    actor.require("message.send")
    if db.session.scalar(select(Schedule.id).where(Schedule.id == schedule_id)) is None:
        raise NotFound("This date does not exist.")
    bulk = BulkMail(schedule_id=schedule_id, asked_by_id=actor.user_id, **_cleaned(draft))
    db.session.add(bulk)
    db.session.flush()
    audit.record(actor, "bulk_mail:create", bulk, new=_said(bulk))
    return bulk


def edit(bulk_id: UUID, draft: Draft, actor: Actor, *, version: int) -> BulkMail:
    """Change a draft. Raises Forbidden, Invalid, NotFound, Changed, Refused once it is being sent."""
    actor.require("message.send")
    bulk = take_draft(bulk_id, version)
    before = _said(bulk)
    for name, value in _cleaned(draft).items():
        setattr(bulk, name, value)
    db.session.flush()
    old, new = audit.differences(before, _said(bulk))
    if new:
        audit.record(actor, "bulk_mail:edit", bulk, old=old, new=new)
    return bulk


def take_draft(bulk_id: UUID, version: int) -> BulkMail:
    """The draft as it was seen, locked. Raises NotFound, Refused, Changed."""
    bulk = lock_row(BulkMail, BulkMail.id == bulk_id)
    if bulk is None:
        raise NotFound("This mail does not exist.")
    if bulk.status != "draft":
        raise Refused("already_sent", "This mail is on its way already: write another one.")
    if bulk.version != version:
        raise Changed()
    return bulk


def people_to_show(bulk: BulkMail) -> Sequence[Person]:
    """Those whose mail can be looked at."""
    return list_people(bulk, MOST_SHOWN)


def preview(bulk: BulkMail, number: int = 0) -> Person | None:
    """The reader of this number (0 is the first), the last one for a number that is too high; None for nobody."""
    people = people_to_show(bulk)
    return people[min(max(number, 0), len(people) - 1)] if people else None


def send_test(bulk_id: UUID, actor: Actor) -> str:
    """Mail it to whoever asks, with a real booking's words; the address. Raises Forbidden, NotFound, Refused."""
    actor.require("message.send")
    bulk = get(bulk_id)
    person = preview(bulk)
    if person is None:
        raise Refused("nobody", "Nobody on this date has an address that this mail goes to.")
    user = users.get(actor.user_id) if actor.user_id else None
    if user is None or not user.email:
        raise Refused("no_address", "Your login has no e-mail address.")
    messages.queue(
        TEMPLATE,
        recipient=user.email,
        recipient_name=user.name,
        booking_id=person.booking_id,
        data={"bulk_id": str(bulk.id), "is_test": True},
        actor=actor,
    )
    return user.email


def _cleaned(draft: Draft) -> dict[str, Any]:
    problems: dict[str, str] = {}
    if draft.audience not in AUDIENCES:
        problems["audience"] = "Choose who gets the mail."
    try:
        words = wordings.clean(TEMPLATE, Typed(draft.subject, draft.body))
    except Invalid as error:
        raise Invalid.of(error.fields | problems) from error
    if problems:
        raise Invalid.of(problems)
    return {"subject": words.subject, "body": words.body, "audience": draft.audience}


def _said(bulk: BulkMail) -> dict[str, Any]:
    return {"subject": bulk.subject, "text": bulk.body, "audience": bulk.audience}
