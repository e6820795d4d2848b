"""Which queued messages are sent now: several of a provider are claimed by one statement.

A message that failed before, or whose worker died, is claimed alone: if it kills its worker, it takes no other's try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, update

from backoffice.database import among, db
from backoffice.models import Message
from backoffice.services.messages import CLAIM
from backoffice.tenancy import current_tenant_id

AT_ONCE = 20
TABLE = cast(Table, Message.__table__)


@dataclass(frozen=True)
class Claimed:
    """A message that is ours for CLAIM, and how many tries there were with this one."""

    id: UUID
    tries: int


def claim_new(message_ids: Sequence[UUID] | None = None) -> list[Claimed]:
    """Take messages that were never tried: of these ids, otherwise the AT_ONCE that have waited longest.

    Commit before sending: whoever dies then leaves messages that are due again after CLAIM.
    """
    waits = [Message.attempts == 0]
    if message_ids is not None:
        waits.append(among(Message.id, message_ids))
    return _claim(AT_ONCE, *waits)


def claim_tried() -> list[Claimed]:
    """Take the one message that was tried before and has been due longest; an empty list when there is none."""
    return _claim(1, Message.attempts > 0)


def _claim(at_most: int, *waits: ColumnElement[bool]) -> list[Claimed]:
    due = (
        select(Message.id)
        .where(Message.status == "queued", Message.next_attempt_at <= func.now(), *waits)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(at_most)
        # What another worker is claiming at this moment is that one's.
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claiming = (
        update(TABLE)
        .where(TABLE.c.tenant_id == current_tenant_id(), TABLE.c.id == due.c.id)
        .values(attempts=TABLE.c.attempts + 1, next_attempt_at=func.now() + CLAIM)
        .returning(TABLE.c.id, TABLE.c.attempts)
    )
    rows = db.session.connection().execute(claiming)
    return sorted((Claimed(row.id, row.attempts) for row in rows), key=lambda claimed: claimed.id)


def give_back(claimed: Sequence[Claimed]) -> None:
    """Have these due at once: their turn did not come, and that was no try."""
    ids = [each.id for each in claimed]
    db.session.connection().execute(
        update(TABLE)
        .where(among(TABLE.c.id, ids), TABLE.c.status == "queued", TABLE.c.attempts > 0)
        .values(attempts=TABLE.c.attempts - 1, next_attempt_at=func.now())
    )
