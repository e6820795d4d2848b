"""What the gateways tell us: kept as it came, applied once, and there to be applied again by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.gateway_terms import Received
from backoffice.models import GatewayAccount, GatewayEvent
from backoffice.services import audit
from backoffice.services.outbox import ring_after_commit
from backoffice.tenancy import current_tenant_id

# After each try but the last; then somebody has to look.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))
MAXIMUM_TRIES = len(PAUSES) + 1
# How long a claim holds: a killed worker's event is tried again after it.
CLAIM = timedelta(seconds=45)
A_MINUTE = timedelta(minutes=1)


def keep(account: GatewayAccount, received: Received) -> UUID | None:
    """Keep a message whose sender was checked; its id, or None when this event is known already."""
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "gateway_account_id": account.id,
        "gateway": account.gateway,
        "event_id": received.event_id[:200],
        "kind": received.kind[:100],
        "payload": dict(received.payload),
        "happened_at": received.happened_at,
    }
    keeping = insert(GatewayEvent).values(values).on_conflict_do_nothing().returning(GatewayEvent.id)
    event_id = db.session.execute(keeping).scalar()
    if event_id:
        ring_after_commit("gateway_event", event_id)
        _note_arrival(account.id)
    return event_id


def _note_arrival(account_id: UUID) -> None:
    """When the account last told something, to the minute: a row that every message writes would be waited for."""
    is_old = GatewayAccount.last_event_at < func.now() - A_MINUTE
    noting = (
        update(GatewayAccount)
        .where(GatewayAccount.id == account_id, GatewayAccount.last_event_at.is_(None) | is_old)
        .values(last_event_at=func.now())
    )
    db.session.execute(noting, execution_options={"synchronize_session": False})


def claim(event_id: UUID) -> int | None:
    """Take the event for one try: its number, or None when it is applied, given up, not due, or somebody else's."""
    taking = (
        update(GatewayEvent)
        .where(GatewayEvent.id == event_id, _is_open(), GatewayEvent.next_attempt_at <= func.now())
        .values(attempts=GatewayEvent.attempts + 1, next_attempt_at=func.now() + CLAIM)
        .returning(GatewayEvent.attempts)
    )
    return db.session.execute(taking).scalar()


def get(event_id: UUID) -> GatewayEvent:
    """The event; raises NotFound."""
    event = db.session.get(GatewayEvent, event_id)
    if event is None:
        raise NotFound("This event does not exist.")
    return event


def mark_applied(event_id: UUID, outcome: str, payment_id: UUID | None) -> None:
    """Its effect is in; `outcome` says what it was, in words."""
    _update(event_id, processed_at=func.now(), outcome=outcome[:500], payment_id=payment_id, last_error=None)


def note_failure(event_id: UUID, reason: str) -> bool:
    """Try again later with growing pauses; True when that was the last try."""
    attempts = get(event_id).attempts
    if attempts >= MAXIMUM_TRIES:
        _update(event_id, dead_at=func.now(), last_error=reason[:1000])
        return True
    _update(event_id, next_attempt_at=func.now() + PAUSES[attempts - 1], last_error=reason[:1000])
    return False


def replay(event_id: UUID, actor: Actor) -> GatewayEvent:
    """Apply an event once more, whatever became of it; what is already in has no second effect.

    Raises Forbidden, NotFound.
    """
    actor.require("settings.edit")
    event = get(event_id)
    old: dict[str, Any] = {"outcome": event.outcome, "error": event.last_error}
    event.processed_at = event.dead_at = event.outcome = event.last_error = None
    event.attempts, event.next_attempt_at = 0, func.now()
    db.session.flush()
    audit.record(actor, "gateway_event:replay", event, old=old)
    ring_after_commit("gateway_event", event.id)
    return event


def set_aside(event_id: UUID, reason: str, actor: Actor) -> GatewayEvent:
    """Leave a message unapplied that was given up: somebody has seen to it. Raises Forbidden, NotFound, Refused."""
    actor.require("settings.edit")
    event = get(event_id)
    if event.dead_at is None:
        raise Refused("not_dead", "Only a message that was given up can be set aside.")
    event.processed_at, event.dead_at = func.now(), None
    event.outcome = f"set aside by {actor.name or 'somebody'}: {reason}"[:500]
    db.session.flush()
    audit.record(actor, "gateway_event:set_aside", event, new={"reason": reason})
    return event


@dataclass(frozen=True)
class Backlog:
    """Over all tenants: for how many seconds the oldest message waits (None: none does), and how many were given up."""

    oldest_seconds: float | None
    dead: int


def oldest_waiting() -> datetime | None:
    """When the tenant's oldest event arrived that is not applied yet (UTC)."""
    return db.session.scalar(select(func.min(GatewayEvent.received_at)).where(_is_open()))


def backlog() -> Backlog:
    """How late the workers are; needs no scope."""
    function = func.gateway_backlog().table_valued("oldest_seconds", "dead")
    row = db.session.execute(select(function.c.oldest_seconds, function.c.dead)).one()
    return Backlog(None if row[0] is None else float(row[0]), int(row[1]))


def _is_open() -> Any:
    return GatewayEvent.processed_at.is_(None) & GatewayEvent.dead_at.is_(None)


def _update(event_id: UUID, **values: Any) -> None:
    db.session.execute(update(GatewayEvent).where(GatewayEvent.id == event_id, _is_open()).values(**values))
