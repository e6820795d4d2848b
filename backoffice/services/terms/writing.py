"""A new version is written as a draft, and published when it is ready; what was published stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound, Refused
from backoffice.domain.text import clean_block, clean_line
from backoffice.models import TermsText
from backoffice.models.terms_text import BODY_LENGTH, KINDS, TITLE_LENGTH
from backoffice.services import audit
from backoffice.services.terms.reading import KIND_WORDS, Text, as_text, find_current, find_draft


@dataclass(frozen=True)
class Typed:
    """Heading and text as somebody typed them."""

    title: str
    body: str


def begin(kind: str) -> Typed:
    """What a new version begins with: the draft, otherwise the text in effect, otherwise a bare heading."""
    _check_kind(kind)
    known = find_draft(kind) or find_current(kind)
    return Typed(known.title, known.body) if known else Typed(KIND_WORDS[kind], "")


def clean(typed: Typed) -> Typed:
    """What can be stored and shown. Raises Invalid with a sentence for each field."""
    cleaners = {
        "title": lambda: clean_line(typed.title, field="title", maximum=TITLE_LENGTH, required=True),
        "body": lambda: clean_block(typed.body, field="body", maximum=BODY_LENGTH, required=True),
    }
    cleaned, problems = dict[str, str](), dict[str, str]()
    for name, cleaner in cleaners.items():
        try:
            cleaned[name] = cleaner()
        except Invalid as error:
            problems[name] = error.message
    if problems:
        raise Invalid.of(problems)
    return Typed(**cleaned)


def save(kind: str, typed: Typed, actor: Actor, *, version: int) -> TermsText:
    """Keep the draft; nobody is asked to accept it yet. `version` is the draft's as it was seen, 0 for none.

    Raises Forbidden, Invalid, NotFound, Changed.
    """
    actor.require("settings.edit")
    _check_kind(kind)
    cleaned = clean(typed)
    draft = _seen(kind, version)
    if draft is None:
        draft = TermsText(kind=kind, title=cleaned.title, body=cleaned.body)
        db.session.add(draft)
        db.session.flush()
        audit.record(actor, "terms:draft", draft, new=_said(draft))
        return draft
    before = _said(draft)
    draft.title, draft.body = cleaned.title, cleaned.body
    db.session.flush()
    old, new = audit.differences(before, _said(draft))
    if new:
        audit.record(actor, "terms:edit", draft, old=old, new=new)
    return draft


def publish(kind: str, actor: Actor, *, version: int, now: datetime | None = None) -> Text:
    """Have everybody who books from now on accept the draft; bookings keep the version that they accepted.

    It waits for those who are accepting the old version at this moment. Raises Forbidden, NotFound, Changed;
    Refused where nothing differs from the version in effect.
    """
    actor.require("settings.edit")
    _check_kind(kind)
    newest = _lock_newest(kind)
    draft = _seen(kind, version)
    if draft is None:
        raise NotFound("There is no draft to publish: write the new version first.")
    if newest and (newest.title, newest.body) == (draft.title, draft.body):
        raise Refused("same_text", "The draft says the same as the version in effect: change it, or drop it.")
    draft.number = (newest.number or 0) + 1 if newest else 1
    draft.published_at, draft.published_by_id = now or datetime.now(UTC), actor.user_id
    db.session.flush()
    audit.record(actor, "terms:publish", draft, new={"version": draft.number, "title": draft.title})
    return as_text(draft)


def discard(kind: str, actor: Actor, *, version: int) -> None:
    """Drop the draft; a second time is no change. Raises Forbidden, NotFound, Changed."""
    actor.require("settings.edit")
    _check_kind(kind)
    draft = _lock_draft(kind)
    if draft is None:
        return
    if draft.version != version:
        raise Changed()
    audit.record(actor, "terms:discard", draft, old=_said(draft))
    db.session.delete(draft)
    db.session.flush()


def _lock_newest(kind: str) -> TermsText | None:
    """The version in effect, kept until the commit: `accept` takes the same row and looks again."""
    newest = (
        select(TermsText)
        .where(TermsText.kind == kind, TermsText.published_at.is_not(None))
        .order_by(TermsText.number.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )
    return db.session.scalar(newest)


def _lock_draft(kind: str) -> TermsText | None:
    return lock_row(TermsText, TermsText.kind == kind, TermsText.published_at.is_(None))


def _seen(kind: str, version: int) -> TermsText | None:
    """The draft as it was seen; None for none. Raises Changed."""
    draft = _lock_draft(kind)
    if (draft.version if draft else 0) != version:
        raise Changed()
    return draft


def _said(draft: TermsText) -> dict[str, Any]:
    return {"title": draft.title, "body": draft.body}


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound("There are no such terms.")
