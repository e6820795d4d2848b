"""The two jobs of an upload. Both may be told twice; neither commits, the outbox does."""

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backoffice.database import db
from backoffice.domain.errors import DomainError
from backoffice.models import ImportRun
from backoffice.services.imports import runs
from backoffice.work import refusal

log = logging.getLogger(__name__)

ACCIDENT = "Something went wrong on our side and nothing was imported. It was noted; please try again."


def check(run_id: str) -> None:
    """Judge every row of an upload, and change nothing."""
    _work(UUID(run_id), "checking", runs.check)


def carry_out(run_id: str) -> None:
    """Write what was judged good, all of it or nothing."""
    _work(UUID(run_id), "importing", runs.carry_out)


HANDLERS = {runs.CHECK: check, runs.WRITE: carry_out}


def _work(run_id: UUID, status: str, work: Callable[[ImportRun], None]) -> None:
    """Run it in a savepoint, so that a failure can be noted in words where nothing else is kept."""
    run = runs.take_turn(run_id, status)
    if run is None:
        return  # told twice
    try:
        with db.session.begin_nested():
            work(run)
            # Fully booked in the meantime: found out here, where it can still be said, not at the commit.
            db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except DBAPIError as error:
        runs.fail(run_id, refusal(error).message)
    except DomainError as error:
        runs.fail(run_id, error.message)
    except Exception:
        log.exception("import failed", extra={"run_id": run_id})
        runs.fail(run_id, ACCIDENT)
