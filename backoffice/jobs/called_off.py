"""What was announced for those who do not choose: each once, in a commit of its own."""

from __future__ import annotations

import logging
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.jobs.trouble import sentence_of
from backoffice.services import called_off
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

AT_ONCE = 200


def apply_fallbacks() -> int:
    """Do what was announced wherever the time to choose is over; how many."""
    return sum(_apply(*pair) for pair in _due())


def _due() -> list[tuple[UUID, UUID]]:
    function = func.due_choices(AT_ONCE).table_valued("tenant_id", "id")
    with current_app.app_context():  # a session of its own: the next one belongs to a tenant
        rows = db.session.execute(select(function.c.tenant_id, function.c.id)).all()
    return [(UUID(str(row[0])), UUID(str(row[1]))) for row in rows]


def _apply(tenant_id: UUID, choice_id: UUID) -> bool:
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            return commit_once(lambda: called_off.apply_fallback(choice_id))
        except Exception as error:  # one that fails must not keep the money of all others
            log.exception("choice not applied", extra={"choice_id": choice_id})
            reason = error.message if isinstance(error, DomainError) else sentence_of(error)
            db.session.rollback()
            _postpone(choice_id, reason)
            return False


def _postpone(choice_id: UUID, reason: str) -> None:
    try:
        commit_once(lambda: called_off.postpone(choice_id, reason))
    except Exception:  # the database does not answer: it is due again in a moment
        log.exception("choice not postponed", extra={"choice_id": choice_id})
