"""Who teaches."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_phone
from backoffice.models import Instructor
from backoffice.services import catalogue, cleaning


def _rating(name: str, value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        rating = Decimal(str(value)).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError):
        rating = Decimal(-1)
    if not 0 <= rating <= 5:  # NaN compares as false: it ends up here as well
        raise Invalid("out_of_range", "Enter a rating from 0 to 5.", field=name)
    return rating


def _phone(name: str, value: Any) -> str | None:
    return clean_phone(value, catalogue.current_tenant().country, field=name)


CLEANERS: dict[str, cleaning.Cleaner] = {
    "name": cleaning.line(200, nullable=False),
    "email": cleaning.email,
    "phone": _phone,
    "user_id": cleaning.row_id,
    "is_published": cleaning.yes_no,
    "bio": cleaning.block(5000),
    "specializations": cleaning.lines(200),
    "certifications": cleaning.lines(200),
    "years_of_experience": cleaning.whole(0, 80),
    "rating": _rating,
}


def create(values: Mapping[str, Any], actor: Actor) -> Instructor:
    """A new profile; only `name` is needed. Raises Invalid."""
    actor.require("catalogue.edit")
    cleaned = cleaning.clean_all({"name": "", **values}, CLEANERS, ("name",))
    return catalogue.insert(Instructor(**cleaned), "instructor", actor)


def update(
    instructor_id: UUID, values: Mapping[str, Any], actor: Actor, *, version: int | None = None
) -> Instructor:
    """Change what is given; raises Invalid, NotFound or Changed."""
    actor.require("catalogue.edit")
    row = catalogue.get(Instructor, instructor_id, version)
    cleaned = cleaning.clean_all(values, CLEANERS, ("name",) if "name" in values else ())
    catalogue.change(row, cleaned, "instructor", actor)
    return row


def archive(instructor_id: UUID, actor: Actor) -> Instructor:
    """Offer the instructor no more; the dates stay."""
    return catalogue.archive(Instructor, instructor_id, "instructor", actor)


def restore(instructor_id: UUID, actor: Actor) -> Instructor:
    """Offer the instructor again."""
    return catalogue.restore(Instructor, instructor_id, "instructor", actor)
