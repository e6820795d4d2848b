"""Offers of places to who waits: right after places came free, and every ten seconds whatever nobody told of."""

from __future__ import annotations

import logging
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.services import outbox, waiting, waiting_turn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

DATES_AT_ONCE = 200
# Of one date in one turn; the others get theirs in between.
STEPS_AT_ONCE = 20


def offer_places() -> int:
    """Look after every waiting list that something is to be done for; how many steps were made."""
    return sum(_look_after(*pair) for pair in _due())


def _due() -> list[tuple[UUID, UUID]]:
    function = func.due_waiting_dates(DATES_AT_ONCE).table_valued("tenant_id", "id")
    with current_app.app_context():  # a session of its own: the next one belongs to a tenant
        rows = db.session.execute(select(function.c.tenant_id, function.c.id)).all()
    return [(UUID(str(row[0])), UUID(str(row[1]))) for row in rows]


def _look_after(tenant_id: UUID, schedule_id: UUID) -> int:
    """Each step is a commit of its own: an offer is made whole or not at all, and the next one sees it."""
    steps = 0
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            while steps < STEPS_AT_ONCE and commit_once(lambda: waiting.look_after(schedule_id)):
                steps += 1
        except DomainError as error:
            log.warning("offer not made", extra={"schedule_id": schedule_id, "cause": error.code})
        except Exception:  # one list that fails must not keep all others waiting
            log.exception("offer not made", extra={"schedule_id": schedule_id})
            db.session.rollback()
    return steps


def offer_places_of(schedule_id: str) -> None:
    """The promise that is made where places come free: one step, and the promise of the next one."""
    if waiting.look_after(UUID(schedule_id)):
        outbox.promise(waiting_turn.TOPIC, schedule_id=schedule_id)


HANDLERS = {waiting_turn.TOPIC: offer_places_of}
