"""The kinds of courses."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import CourseType
from backoffice.services import catalogue, cleaning

CLEANERS: dict[str, cleaning.Cleaner] = {
    "code": lambda name, value: cleaning.line(40, nullable=False)(name, value).upper(),
    "title": cleaning.line(200, nullable=False),
    "certificate_wording": cleaning.block(2000),
}

_NEEDED = ("code", "title")


def create(values: Mapping[str, Any], actor: Actor) -> CourseType:
    """A new type from `code` and `title`, perhaps `certificate_wording`; raises Invalid. Codes are kept in capitals."""
    actor.require("catalogue.edit")
    given = {"code": "", "title": "", **values}
    cleaned = cleaning.clean_all(given, CLEANERS, _NEEDED)
    return catalogue.insert(CourseType(**cleaned), "course_type", actor)


def update(
    type_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> CourseType:
    """Change what is given; raises Invalid, NotFound or Changed."""
    actor.require("catalogue.edit")
    row = catalogue.get(CourseType, type_id, version)
    cleaned = cleaning.clean_all(values, CLEANERS, [name for name in _NEEDED if name in values])
    catalogue.change(row, cleaned, "course_type", actor)
    return row


def archive(type_id: UUID, actor: Actor) -> CourseType:
    """Offer the type no more."""
    return catalogue.archive(CourseType, type_id, "course_type", actor)


def restore(type_id: UUID, actor: Actor) -> CourseType:
    """Offer the type again."""
    return catalogue.restore(CourseType, type_id, "course_type", actor)


def list_with_wording() -> Sequence[CourseType]:
    """The types in use whose certificates say something of their own, by title."""
    wanted = select(CourseType).where(CourseType.archived_at.is_(None), CourseType.certificate_wording != "")
    return db.session.scalars(wanted.order_by(CourseType.title)).all()
