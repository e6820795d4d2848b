"""Who did what, written where the change is made and in its transaction."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from backoffice.database import add_rows, new_id
from backoffice.domain.actor import Actor
from backoffice.logs import request_id
from backoffice.models import AuditEvent
from backoffice.services import audit_proof
from backoffice.tenancy import current_tenant_id

HIDDEN = "(hidden)"
# Values that the entry must not repeat: it lives longer than they do and more people read it.
SECRET_COLUMNS = ("password_hash", "calendar_key", "token_digest", "path_digest", "checkout_url")


def record(
    actor: Actor,
    action: str,
    subject: Any,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write one entry about a row: `action` is a verb ("booking:cancel"), old and new hold what changed."""
    record_about(actor, action, subject.__tablename__, subject.id, label=str(subject), old=old, new=new)


def record_about(
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID,
    *,
    label: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write one entry about a subject known by its id."""
    add_rows(AuditEvent, entry(actor, action, subject_type, subject_id, label, old, new))


def entry(
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID,
    label: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The entry as columns, for work that writes many at once."""
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "actor_kind": actor.kind,
        "actor_id": actor.user_id,
        "actor_name": actor.name[:200],
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "subject_label": label[:200],
        "old_values": _plain(old),
        "new_values": _plain(new),
        "address": actor.address,
        "agent": (actor.agent or "")[:300] or None,
        "request_id": request_id.get(),
    }
    return values | {"proof": audit_proof.keys().sign(audit_proof.entry_bytes(values))}


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The old and the new values of what differs."""
    changed = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in changed}, {key: after[key] for key in changed}


def _plain(values: dict[str, Any] | None) -> dict[str, Any]:
    return {key: _plain_value(key, value) for key, value in (values or {}).items()}


def _plain_value(key: str, value: Any) -> Any:
    if key in SECRET_COLUMNS or key.endswith("_sealed"):
        return HIDDEN if value else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | type(None) | list | dict):
        return value
    return str(value)
