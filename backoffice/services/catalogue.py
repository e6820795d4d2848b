"""What courses, venues and instructors do alike: be made, changed, put away and taken out again."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import select

from backoffice.database import Model, db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid, NotFound
from backoffice.domain.text import clean_line, fold
from backoffice.models import Tenant
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id

Row = TypeVar("Row", bound=Model)

SLUG_MAXIMUM = 100
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def current_tenant() -> Tenant:
    """The training provider whose catalogue it is: its currency, time zone and VAT rate."""
    return db.session.get_one(Tenant, current_tenant_id())


def get(model: type[Row], row_id: UUID, version: int | None = None) -> Row:
    """The row; raises NotFound, or Changed when it is not the version that the form was opened with."""
    row: Any = db.session.scalar(select(cast(Any, model)).where(cast(Any, model).id == row_id))
    if row is None:
        raise NotFound()
    if version is not None and row.version != version:
        raise Changed()
    return cast(Row, row)


def insert(row: Row, noun: str, actor: Actor, **more: Any) -> Row:
    """Add the new row and its audit entry; `more` is what the entry says besides its columns."""
    db.session.add(row)
    db.session.flush()
    audit.record(actor, f"{noun}:create", row, new=_columns(row) | more)
    return row


def change(row: Row, values: Mapping[str, Any], noun: str, actor: Actor) -> bool:
    """Set what differs and write the audit entry; False when nothing does."""
    before = {name: getattr(row, name) for name in values}
    old, new = audit.differences(before, dict(values))
    if not new:
        return False
    for name, value in new.items():
        setattr(row, name, value)
    db.session.flush()
    audit.record(actor, f"{noun}:update", row, old=old, new=new)
    return True


def archive(model: type[Row], row_id: UUID, noun: str, actor: Actor) -> Row:
    """Put a row away: it is offered no more, and everything that points to it keeps it."""
    return _put(model, row_id, datetime.now(UTC), noun, "archive", actor)


def restore(model: type[Row], row_id: UUID, noun: str, actor: Actor) -> Row:
    """Offer an archived row again."""
    return _put(model, row_id, None, noun, "restore", actor)


def _put(model: type[Row], row_id: UUID, at: datetime | None, noun: str, verb: str, actor: Actor) -> Row:
    actor.require("catalogue.edit")
    row: Any = get(model, row_id)
    if (row.archived_at is None) != (at is None):
        old, row.archived_at = row.archived_at, at
        db.session.flush()
        audit.record(actor, f"{noun}:{verb}", row, old={"archived_at": old}, new={"archived_at": at})
    return row


def slug_of(name: str, value: Any) -> str | None:
    """A short name as it stands in an address: small letters, digits, dashes. None for none; Invalid."""
    slug = clean_line(value, field=name, maximum=SLUG_MAXIMUM).lower()
    if slug and not _SLUG.fullmatch(slug):
        raise Invalid("slug", "Use small letters, digits and single dashes.", field=name)
    return slug or None


def free_slug(model: type[Row], title: str) -> str:
    """A short name made of a title that no other row has."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[: SLUG_MAXIMUM - 5].strip("-") or "new"
    column: Any = model.slug  # type: ignore[attr-defined]
    taken = set(db.session.scalars(select(column).where(column.startswith(words))))
    tries = [words, *(f"{words}-{number}" for number in range(2, len(taken) + 2))]
    return next(each for each in tries if each not in taken)


def _columns(row: Any) -> dict[str, Any]:
    left_out = {"tenant_id", "id", "version", "created_at", "updated_at"}
    names = [column.key for column in row.__table__.columns if column.key not in left_out]
    values = {name: getattr(row, name) for name in names}
    return {name: value for name, value in values.items() if value not in (None, "", [])}
