"""Making the papers of a run of certificates: a turn of some seconds, then whoever else waits, then the next turn."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from uuid import UUID

from backoffice.services.certificates import look, making
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

# Of one turn: then the other providers' work comes in between.
SECONDS = 10.0


def make_certificates(tenant_id: str, run_id: str) -> None:
    """Carry a run on that is due. A worker that dies meanwhile loses the batch in hand, which is made again."""
    with tenant_scope(UUID(tenant_id)):
        carry_on(UUID(run_id))


def carry_on(run_id: UUID, seconds: float = SECONDS) -> int:
    """The same inside a scope, for at most so many seconds; how many were made."""
    if not commit_once(lambda: making.claim(run_id)):
        return 0
    made, pause = _make_for(run_id, time.monotonic() + seconds)
    is_finished = commit_once(lambda: making.hand_back(run_id, pause=pause))
    log.info("certificates made", extra={"run_id": run_id, "made": made, "is_finished": is_finished})
    return made


def _make_for(run_id: UUID, deadline: float) -> tuple[int, timedelta]:
    """Batch by batch, each committed on its own; what cannot be drawn ends the turn and waits a while."""
    shown, made = look.current_look(), 0
    while time.monotonic() < deadline:
        ids = commit_once(lambda: making.take(run_id))
        if not ids:
            break
        done = commit_once(lambda: making.make(run_id, ids, shown))  # noqa: B023 - called at once
        made += done
        if not done:
            return made, making.PAUSE
    return made, timedelta(0)
