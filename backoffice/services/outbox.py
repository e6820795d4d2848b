"""Promises that are kept after the commit."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from backoffice.database import add_rows, db, lock_row, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.models import OutboxRow
from backoffice.services import audit
from backoffice.tenancy import current_tenant_id

# After each try but the last; then the row is dead and somebody has to look.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
MAXIMUM_TRIES = len(PAUSES) + 1
# How long a claim holds: a killed worker's row is tried again after it.
CLAIM = timedelta(seconds=60)


def promise(topic: str, **payload: Any) -> UUID:
    """Write a row that a job will act on once this transaction is committed; `topic` names its handler."""
    row_id = new_id()
    values = {"tenant_id": current_tenant_id(), "id": row_id, "topic": topic, "payload": payload}
    add_rows(OutboxRow, values)
    ring_after_commit("outbox", row_id)
    return row_id


def ring_after_commit(kind: str, row_id: UUID) -> None:
    """Have the doorbell rung for this row when, and only when, the transaction is committed."""
    db.session.info.setdefault("doorbell", []).append((kind, current_tenant_id(), row_id))


def claim(row_id: UUID) -> int | None:
    """Take the row for one try: its number, or None when it is done, dead, not due, or somebody else's.

    Commit at once: whoever dies then leaves a row that is due again after CLAIM.
    """
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id == row_id, _is_open(), OutboxRow.next_attempt_at <= func.now())
        .values(attempts=OutboxRow.attempts + 1, next_attempt_at=func.now() + CLAIM)
        .returning(OutboxRow.attempts)
    )
    return db.session.execute(statement).scalar()


def get(row_id: UUID) -> OutboxRow:
    """The row; raises NotFound."""
    row = db.session.scalar(select(OutboxRow).where(OutboxRow.id == row_id))
    if row is None:
        raise NotFound("This outbox row does not exist.")
    return row


def mark_done(row_id: UUID) -> None:
    """The promise is kept; raises nothing when another try kept it first."""
    _update(row_id, done_at=func.now(), last_error=None)


def note_failure(row_id: UUID, reason: str) -> bool:
    """Try again later with growing pauses; True when that was the last try and the row is dead."""
    attempts = get(row_id).attempts
    is_dead = attempts >= MAXIMUM_TRIES
    if is_dead:
        _update(row_id, dead_at=func.now(), last_error=reason[:1000])
    else:
        _update(row_id, next_attempt_at=func.now() + PAUSES[attempts - 1], last_error=reason[:1000])
    return is_dead


def _is_open() -> Any:
    return OutboxRow.done_at.is_(None) & OutboxRow.dead_at.is_(None)


def _update(row_id: UUID, **values: Any) -> None:
    db.session.execute(update(OutboxRow).where(OutboxRow.id == row_id, _is_open()).values(**values))


# --- What people do with a row ---


def list_dead(at_most: int) -> Sequence[OutboxRow]:
    """Those that were given up, the latest first."""
    given_up = OutboxRow.dead_at.is_not(None)
    return db.session.scalars(
        select(OutboxRow).where(given_up).order_by(OutboxRow.dead_at.desc(), OutboxRow.id).limit(at_most)
    ).all()


def list_failing(at_most: int) -> Sequence[OutboxRow]:
    """Those that failed and are tried again, the next one first."""
    failing = OutboxRow.last_error.is_not(None)
    return db.session.scalars(
        select(OutboxRow)
        .where(_is_open(), failing)
        .order_by(OutboxRow.next_attempt_at, OutboxRow.id)
        .limit(at_most)
    ).all()


def try_again(row_id: UUID, actor: Actor) -> OutboxRow:
    """Give a dead row all its tries once more. Raises Forbidden, NotFound, Refused for one that is not dead."""
    row = _take_dead(row_id, actor)
    audit.record(actor, "outbox:retry", row, new={"reason": row.last_error})
    row.dead_at, row.attempts, row.next_attempt_at = None, 0, func.now()
    ring_after_commit("outbox", row.id)
    return row


def set_aside(row_id: UUID, reason: str, actor: Actor) -> OutboxRow:
    """Leave a dead row undone for good. Raises Forbidden, NotFound, Refused for one that is not dead."""
    row = _take_dead(row_id, actor)
    audit.record(actor, "outbox:set_aside", row, new={"reason": reason})
    row.dead_at, row.done_at = None, func.now()
    return row


def _take_dead(row_id: UUID, actor: Actor) -> OutboxRow:
    actor.require("settings.edit")
    row = lock_row(OutboxRow, OutboxRow.id == row_id)
    if row is None:
        raise NotFound("This job does not exist.")
    if row.dead_at is None:
        raise Refused("not_stopped", "This job is not stopped any more: look at the list again.")
    return row
