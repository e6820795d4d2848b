"""The words themselves: found, checked, saved, given up for those of the house."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import SessionTransaction

from backoffice.config import PROJECT
from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.text import clean_block, clean_line
from backoffice.models import MailWording
from backoffice.models.mail_wording import BODY_LENGTH, SUBJECT_LENGTH
from backoffice.services import audit, work_items
from backoffice.services.wordings import language, paper
from backoffice.services.wordings.variables import KINDS, Kind

_CACHE: Final = "mail_wordings"
_ONLY_WEB: Final = (
    "“{address}” is no address for a link: it begins with https:// or is a variable such as {{{{ link }}}}."
)


@dataclass(frozen=True)
class Typed:
    """Subject and body as somebody typed them."""

    subject: str
    body: str


def find(template: str) -> MailWording | None:
    """The provider's own words for a mail, None where the house's stand. All are read once in a transaction."""
    now = db.session().get_transaction()
    known: tuple[SessionTransaction | None, dict[str, MailWording]] | None = db.session.info.get(_CACHE)
    if known is None or now is None or known[0] is not now:
        found = {each.template: each for each in db.session.scalars(select(MailWording))}
        known = db.session().get_transaction(), found
        db.session.info[_CACHE] = known
    return known[1].get(template)


def changed_templates() -> set[str]:
    """The mails that have words of the provider's own."""
    return set(db.session.scalars(select(MailWording.template)))


@cache
def starting(template: str) -> Typed:
    """The house's mail in the language of own words, to begin with. Raises NotFound for a mail that is not changed."""
    if template not in KINDS:
        raise NotFound("This mail is not changed here.")
    file = PROJECT / "templates" / "emails" / template / "starting.txt"
    subject, _, body = file.read_text(encoding="utf-8").partition("\n")
    return Typed(subject.strip(), body.strip())


def clean(template: str, typed: Typed) -> Typed:
    """What can be stored and sent. Raises Invalid with a sentence for each field, NotFound."""
    kind = _kind(template)
    cleaned: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in ("subject", "body"):
        try:
            cleaned[name] = _clean_field(kind, name, getattr(typed, name))
        except Invalid as error:
            problems[name] = error.message
    if problems:
        raise Invalid.of(problems)
    return Typed(**cleaned)


def check(template: str, typed: Typed) -> dict[str, str]:
    """A sentence for each field that could not be saved."""
    try:
        clean(template, typed)
    except Invalid as error:
        return error.fields
    return {}


def _clean_field(kind: Kind, name: str, text: str) -> str:
    if name == "subject":
        line = clean_line(text, field=name, maximum=SUBJECT_LENGTH, required=True)
        _check_subject(kind, line)
        return line
    body = clean_block(text, field="text", maximum=BODY_LENGTH, required=True)
    _check_body(kind, body)
    return body


def _check_subject(kind: Kind, line: str) -> None:
    try:
        language.check(line, field="subject", names=kind.names_of_subject)
    except Invalid as error:
        sentence = error.message.removeprefix("Line 1: ")
        raise Invalid(error.code, sentence[:1].upper() + sentence[1:], field="subject") from error


def _check_body(kind: Kind, body: str) -> None:
    used = language.check(body, field="body", names=kind.names)
    missing = [name for name in kind.needs if name not in used]
    if missing:
        sentence = f"This mail needs {{{{ {missing[0]} }}}}: {kind.variables[missing[0]].says}."
        raise Invalid("needed", sentence, field="body")
    address = paper.bad_address(body)
    if address is not None:
        raise Invalid("address", _ONLY_WEB.format(address=address), field="body")


def save(template: str, typed: Typed, actor: Actor, *, version: int) -> MailWording:
    """Have the mail go out in these words from now on; `version` is 0 where the house's were seen.

    Raises Forbidden, Invalid, NotFound, Changed.
    """
    actor.require("settings.edit")
    cleaned = clean(template, typed)
    wording = _seen(template, version)
    if wording is None:
        wording = MailWording(template=template, subject=cleaned.subject, body=cleaned.body)
        db.session.add(wording)
        before = {"subject": None, "body": None}
    else:
        before = _said(wording)
        wording.subject, wording.body = cleaned.subject, cleaned.body
    db.session.flush()
    db.session.info.pop(_CACHE, None)
    old, new = audit.differences(before, _said(wording))
    if new:
        audit.record(actor, "mail_wording:change", wording, old=old, new=new)
    return wording


def restore(template: str, actor: Actor, *, version: int) -> None:
    """Back to the house's own words; twice is no change. Raises Forbidden, NotFound, Changed."""
    actor.require("settings.edit")
    _kind(template)
    wording = lock_row(MailWording, MailWording.template == template)
    if wording is None:
        return
    if wording.version != version:
        raise Changed()
    audit.record(actor, "mail_wording:restore", wording, old=_said(wording))
    db.session.delete(wording)
    db.session.flush()
    db.session.info.pop(_CACHE, None)


def note_failure(template: str, reason: str) -> None:
    """Have somebody look: a mail went out in the house's words instead. Once for each version of the words."""
    wording = find(template)
    if wording is None:
        return
    sentence = f"A mail went out in the original words, because yours could not be used. {reason}"
    work_items.add("mail_text", wording, sentence, once_key=f"mail_text:{wording.id}:{wording.version}")


def template_of(wording_id: UUID) -> str:
    """Which mail the words of this id are for. Raises NotFound."""
    found = db.session.scalar(select(MailWording.template).where(MailWording.id == wording_id))
    if found is None:
        raise NotFound("These words were given up meanwhile.")
    return found


def _seen(template: str, version: int) -> MailWording | None:
    """The row as it was seen; None for none. Raises Changed."""
    wording = lock_row(MailWording, MailWording.template == template)
    if (wording.version if wording else 0) != version:
        raise Changed()
    return wording


def _said(wording: MailWording) -> dict[str, Any]:
    return {"subject": wording.subject, "body": wording.body}


def _kind(template: str) -> Kind:
    if template not in KINDS:
        raise NotFound("This mail is not changed here.")
    return KINDS[template]
