"""Keeping the promises of the outbox: one handler per topic, each in a transaction with its row's end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from backoffice.jobs import imports, waiting
from backoffice.jobs.trouble import sentence_of
from backoffice.services import outbox
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once

log = logging.getLogger(__name__)

Handler = Callable[..., None]

# topic → function; it takes the payload as keywords, may be called twice, and does not commit.
HANDLERS: dict[str, Handler] = {**imports.HANDLERS, **waiting.HANDLERS}


class UnknownTopic(RuntimeError):
    """Nobody handles this: a row of a newer program, or a misspelt topic."""


class WornOut(RuntimeError):
    """The row was tried as often as it may be, and nobody lived to say what became of it."""


def handle(tenant_id: str, *row_ids: str) -> None:
    """Keep these promises that are still open, one by one. What each changes and its row's end are one commit."""
    for row_id in row_ids:
        with tenant_scope(UUID(tenant_id)):
            _keep(UUID(row_id))


def _keep(row_id: UUID) -> None:
    tries = commit_once(lambda: outbox.claim(row_id))
    if tries is None:
        return
    try:
        if tries > outbox.MAXIMUM_TRIES:
            raise WornOut("Every try ended without an answer, as when the worker itself dies.")
        commit_once(lambda: _run(row_id))
    except DBAPIError:
        raise  # the row cannot be written now either; it is due again when the claim runs out
    except Exception as error:
        _note(row_id, error)


def _run(row_id: UUID) -> None:
    row = outbox.get(row_id)
    handler = HANDLERS.get(row.topic)
    if handler is None:
        raise UnknownTopic(row.topic)
    handler(**row.payload)
    outbox.mark_done(row_id)


def _note(row_id: UUID, error: Exception) -> None:
    """Another try later, or the end; in both cases the others go on."""
    is_dead = commit_once(lambda: outbox.note_failure(row_id, sentence_of(error)))
    level = logging.ERROR if is_dead else logging.WARNING
    text = "outbox row is dead" if is_dead else "outbox row failed"
    log.log(level, text, extra={"row_id": row_id}, exc_info=error)
