"""The kinds of courses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from backoffice.domain.actor import Actor
from backoffice.models import CourseType
from backoffice.services import catalogue, cleaning

CLEANERS: dict[str, cleaning.Cleaner] = {
    "code": lambda name, value: cleaning.line(40, nullable=False)(name, value).upper(),
    "title": cleaning.line(200, nullable=False),
}


def create(values: Mapping[str, Any], actor: Actor) -> CourseType:
    """A new type from `code` and `title`; raises Invalid. Codes are kept in capitals."""
    actor.require("catalogue.edit")
    given = {"code": "", "title": "", **values}
    cleaned = cleaning.clean_all(given, CLEANERS, ("code", "title"))
    return catalogue.insert(CourseType(**cleaned), "course_type", actor)


def update(
    type_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> CourseType:
    """Change what is given; raises Invalid, NotFound or Changed."""
    actor.require("catalogue.edit")
    row = catalogue.get(CourseType, type_id, version)
    cleaned = cleaning.clean_all(values, CLEANERS, [name for name in CLEANERS if name in values])
    catalogue.change(row, cleaned, "course_type", actor)
    return row


def archive(type_id: UUID, actor: Actor) -> CourseType:
    """Offer the type no more."""
    return catalogue.archive(CourseType, type_id, "course_type", actor)


def restore(type_id: UUID, actor: Actor) -> CourseType:
    """Offer the type again."""
    return catalogue.restore(CourseType, type_id, "course_type", actor)
