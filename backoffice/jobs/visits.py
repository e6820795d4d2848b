"""Writing what the public pages noted of their visits into the database."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import DataError, IntegrityError

from backoffice.domain.errors import DomainError
from backoffice.services import analytics
from backoffice.services.analytics import keeping
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

# The other periodic work waits meanwhile.
SECONDS = 5.0


def keep_visits() -> int:
    """Keep what waits, batch by batch; how many steps. Killed in between, the next run repeats the batch without doubling."""
    deadline, kept = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline and (notes := keeping.waiting()):
        for tenant_id, events in keeping.by_tenant(notes).items():
            kept += _keep(tenant_id, events)
        keeping.done(notes)
    return kept


def _keep(tenant_id: UUID, events: list[dict[str, object]]) -> int:
    """One provider's broken notes are not the others' trouble: they are left out, and said.

    Whatever else fails is no fault of the notes: they stay where they are for the next run.
    """
    with current_app.app_context(), tenant_scope(tenant_id):
        try:
            return commit_once(lambda: analytics.keep(events))
        except DomainError as error:
            if not isinstance(error.__cause__, (DataError, IntegrityError)):
                raise
            log.exception("visits not kept", extra={"tenant": str(tenant_id)})
            return 0
