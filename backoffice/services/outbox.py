"""Promises that are kept after the commit."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from backoffice.database import db, new_id
from backoffice.models import OutboxRow
from backoffice.tenancy import current_tenant_id


def promise(topic: str, **payload: Any) -> UUID:
    """Write a row that a job will act on once this transaction is committed; `topic` names its handler."""
    row_id = new_id()
    values = {"tenant_id": current_tenant_id(), "id": row_id, "topic": topic, "payload": payload}
    db.session.execute(insert(OutboxRow), [values])
    ring_after_commit("outbox", row_id)
    return row_id


def ring_after_commit(kind: str, row_id: UUID) -> None:
    """Have the doorbell rung for this row when, and only when, the transaction is committed."""
    db.session.info.setdefault("doorbell", []).append((kind, current_tenant_id(), row_id))
