"""What a person should look at: listed once, until somebody has."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.models import WorkItem
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id


def add(kind: str, subject: Any, sentence: str, *, once_key: str | None = None) -> bool:
    """Put a row on the work queue in words; the same finding (`once_key`) is listed once. True when it is new."""
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "kind": kind,
        "subject_type": subject.__tablename__,
        "subject_id": subject.id,
        "sentence": sentence[:500],
        "once_key": once_key or f"{kind}:{subject.id}",
    }
    adding = insert(WorkItem).values(values).on_conflict_do_nothing().returning(WorkItem.id)
    return db.session.execute(adding).scalar() is not None


def resolve(item_id: UUID, actor: Actor) -> WorkItem:
    """Take an item off the queue: somebody has looked. Raises NotFound, Forbidden."""
    actor.require("booking.edit")
    item = db.session.get(WorkItem, item_id)
    if item is None:
        raise NotFound()
    if item.resolved_at is None:
        item.resolved_at, item.resolved_by_id = datetime.now(UTC), actor.user_id
        db.session.flush()
        audit.record_about(
            actor,
            "work_item:resolve",
            "work_items",
            item.id,
            label=item.kind,
            new={"sentence": item.sentence},
        )
    return item
