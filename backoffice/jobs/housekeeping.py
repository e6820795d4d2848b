"""Small periodic work, tenant by tenant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, func, select

from backoffice.database import db
from backoffice.models import Tenant, WebSession
from backoffice.services import audit_seals, work_items
from backoffice.services.audit_seals import ChainBroken
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

CHAIN_BROKEN = (
    "The record of who changed what was cut or changed in the database. "
    "Ask the operator to run `flask audit verify`."
)
# An entry gets its id when it is written and is seen once its transaction commits: no transaction is this long.
LATEST_COMMIT = timedelta(hours=1)


def seal_audit() -> int:
    """Chain what was committed lately; how many entries."""
    return _seal_since(datetime.now(UTC) - LATEST_COMMIT)


def seal_audit_late() -> int:
    """Chain whatever was left: after days without a scheduler. Reads the whole audit."""
    return _seal_since(datetime.fromtimestamp(0, UTC))


def delete_expired_sessions() -> int:
    """Forget sign-ins that are over; how many."""
    return for_each_tenant(_delete_sessions)


def for_each_tenant(work: Callable[[], int]) -> int:
    """The same for every provider, in a session of its own; the sum of what it returned."""
    return _for_each(_tenant_ids(), work)


def _seal_since(since: datetime) -> int:
    oldest = audit_seals.oldest_id(since)
    with current_app.app_context():
        waiting = db.session.scalars(select(func.tenants_to_seal(oldest))).all()
    return _for_each(waiting, lambda: _seal(oldest))


def _seal(oldest: UUID) -> int:
    total = 0
    while sealed := commit_once(lambda: audit_seals.seal(oldest)):
        total += sealed
    return total


def _for_each(tenant_ids: Iterable[UUID], work: Callable[[], int]) -> int:
    """The same for each tenant, in a session of its own; what fails for one does not stop the others."""
    return sum(_in_scope(tenant_id, work) for tenant_id in tenant_ids)


def _in_scope(tenant_id: UUID, work: Callable[[], int]) -> int:
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            return work()
        except ChainBroken as error:
            db.session.rollback()
            log.error("audit chain broken", extra={"cause": str(error)})
            commit_once(lambda: _ask_somebody_to_look(tenant_id))
        except Exception:
            log.exception("work for a tenant failed")
        return 0


def _ask_somebody_to_look(tenant_id: UUID) -> None:
    """Once a day, until it is put right."""
    tenant = db.session.get_one(Tenant, tenant_id)
    today = datetime.now(UTC).date()
    work_items.add("audit", tenant, CHAIN_BROKEN, once_key=f"audit-chain:{today}")


def _tenant_ids() -> list[UUID]:
    with current_app.app_context():
        return list(db.session.scalars(select(Tenant.id).order_by(Tenant.id)))


def _delete_sessions() -> int:
    ended = delete(WebSession).where(WebSession.expires_at <= func.now()).returning(WebSession.id)
    return len(commit_once(lambda: db.session.scalars(ended).all()))
