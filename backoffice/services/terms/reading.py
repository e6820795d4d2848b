"""The texts as they stand: the one in effect of each kind, older ones, the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.paragraphs import Block, blocks_of
from backoffice.models import Consent, Course, TermsText
from backoffice.models.terms_text import KINDS
from backoffice.tenancy import current_tenant_id

KIND_WORDS: Final = {"terms": "Terms of booking", "waiver": "Waiver"}


@dataclass(frozen=True)
class Text:
    """A published text; `version` counts 1, 2, 3 … within its kind, `published_at` is UTC."""

    id: UUID
    kind: str
    version: int
    title: str
    body: str
    published_at: datetime

    @property
    def blocks(self) -> list[Block]:
        """The body as a page shows it."""
        return blocks_of(self.body)


@dataclass(frozen=True)
class Published:
    """A line of the history: a text, who published it, and for how many bookings it was accepted."""

    text: Text
    published_by: str
    consents: int


def find_current(kind: str) -> Text | None:
    """The text of this kind that is in effect; None where the provider has published none."""
    return _one(_published().where(TermsText.kind == kind).limit(1))


def current_for(course_id: UUID) -> list[Text]:
    """What a booker of this course must accept now: the terms, and the waiver where the course needs one.

    Empty where the provider has published nothing. Raises NotFound.
    """
    needs_waiver = db.session.scalar(select(Course.needs_waiver).where(Course.id == course_id))
    if needs_waiver is None:
        raise NotFound("This course does not exist.")
    wanted = KINDS if needs_waiver else ("terms",)
    return [text for text in map(find_current, wanted) if text is not None]


def get_published(kind: str, version: int) -> Text:
    """One version, also of those that are no longer in effect. Raises NotFound."""
    found = _one(_published().where(TermsText.kind == kind, TermsText.number == version))
    if found is None:
        raise NotFound("There is no such version of these terms.")
    return found


def list_published(kind: str) -> list[Published]:
    """All versions of a kind, the newest first."""
    consents = (
        select(func.count())
        .where(Consent.terms_text_id == TermsText.id)
        .correlate(TermsText)
        .scalar_subquery()
    )
    wanted = _published().where(TermsText.kind == kind).options(joinedload(TermsText.published_by))
    rows = db.session.execute(wanted.add_columns(consents))
    return [Published(as_text(row), str(row.published_by or ""), count) for row, count in rows]


def list_versions(kind: str) -> list[Text]:
    """All versions of a kind for everybody, the newest first: who accepted them is not counted."""
    return [as_text(row) for row in db.session.scalars(_published().where(TermsText.kind == kind))]


# Providers and kinds with a text in effect: what was published once stays, so it is asked once.
_IN_EFFECT: set[tuple[UUID, str]] = set()


def has_terms(kind: str = "terms") -> bool:
    """Whether the provider has published a text of this kind: for the foot of every public page."""
    asked = current_tenant_id(), kind
    if asked not in _IN_EFFECT:
        wanted = exists().where(TermsText.kind == kind, TermsText.published_at.is_not(None))
        if not db.session.scalar(select(wanted)):
            return False
        _IN_EFFECT.add(asked)
    return True


def find_draft(kind: str) -> TermsText | None:
    """The version that is being written, if there is one."""
    return db.session.scalar(
        select(TermsText).where(TermsText.kind == kind, TermsText.published_at.is_(None))
    )


def as_text(row: TermsText) -> Text:
    """A published row as the others see it."""
    if row.number is None or row.published_at is None:
        raise ValueError("a draft is no published text")
    return Text(row.id, row.kind, row.number, row.title, row.body, row.published_at)


def _published() -> Select[TermsText]:
    return select(TermsText).where(TermsText.published_at.is_not(None)).order_by(TermsText.number.desc())


def _one(wanted: Select[TermsText]) -> Text | None:
    row = db.session.scalar(wanted)
    return as_text(row) if row else None
