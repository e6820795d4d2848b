"""What of a provider's work still waits to be done behind the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, union_all

from backoffice.database import db
from backoffice.models import GatewayEvent, Message, OutboxRow

# More is not counted: the page says "1,000 or more".
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Waiting:
    """How much of one kind is due, and since when the oldest is (UTC); None: nothing waits."""

    kind: str
    count: int
    since: datetime | None


def list_waiting() -> list[Waiting]:
    """What is due at this moment, by kind: "mail", "job", "gateway_event"."""
    parts = (
        _part("mail", Message, Message.status == "queued"),
        _part("job", OutboxRow, and_(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))),
        _part(
            "gateway_event",
            GatewayEvent,
            and_(GatewayEvent.processed_at.is_(None), GatewayEvent.dead_at.is_(None)),
        ),
    )
    return [Waiting(*row) for row in db.session.execute(union_all(*parts))]


def _part(
    kind: str, model: type[Message | OutboxRow | GatewayEvent], is_open: ColumnElement[bool]
) -> Select[str, int, Any]:
    due = (
        select(model.next_attempt_at)
        .where(is_open, model.next_attempt_at <= func.now())
        .order_by(model.next_attempt_at)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(literal(kind).label("kind"), func.count(), func.min(due.c.next_attempt_at)).select_from(due)
