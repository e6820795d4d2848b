"""What the pages noted, written into the database in batches; programs that look at pages are left out here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from ua_parser import parse

from backoffice.database import db
from backoffice.services.analytics.noting import QUEUE
from backoffice.services.live.link import link

BATCH = 1000
ROBOT = "Spider"
PHONE_SYSTEMS = ("iOS", "Android")
# A booking, date or course that is gone by now is no reason to lose the others; a repeated batch adds nothing.
_INSERT = text("""
INSERT INTO analytics_events (tenant_id, id, event_type, visit, occurred_at, page, referrer, address, device_type,
                              browser, course_id, schedule_id, booking_id)
SELECT e.tenant_id, e.id, e.event_type, decode(e.visit, 'hex'), e.occurred_at, e.page, e.referrer, e.address,
       e.device_type, e.browser, c.id, s.id, b.id
  FROM jsonb_to_recordset(CAST(:events AS jsonb))
       AS e (tenant_id uuid, id uuid, event_type text, visit text, occurred_at timestamptz, page text, referrer text,
             address text, device_type text, browser text, course_id uuid, schedule_id uuid, booking_id uuid)
  LEFT JOIN schedules s ON s.tenant_id = e.tenant_id AND s.id = e.schedule_id
  LEFT JOIN courses c ON c.tenant_id = e.tenant_id AND c.id = coalesce(e.course_id, s.course_id)
  LEFT JOIN bookings b ON b.tenant_id = e.tenant_id AND b.id = e.booking_id
    ON CONFLICT DO NOTHING
""")


def waiting(at_most: int = BATCH) -> list[bytes]:
    """The oldest notes, which stay where they are until `done`."""
    nothing: list[Any] = []
    return link().ask(lambda redis: list(redis.lrange(QUEUE, 0, at_most - 1)), nothing)


def done(notes: Sequence[bytes]) -> None:
    """These are kept: take them away. One that was pushed out meanwhile is gone already."""

    def take(redis: Any) -> None:
        with redis.pipeline(transaction=False) as pipeline:
            for note in notes:
                pipeline.lrem(QUEUE, 1, note)
            pipeline.execute()

    link().ask(take, None)


def by_tenant(notes: Sequence[bytes]) -> dict[UUID, list[dict[str, Any]]]:
    """The notes of people, read and sorted by whose they are. What cannot be read, and every robot, is left out."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for note in notes:
        event = _read(note)
        if event:
            found[UUID(event["tenant_id"])].append(event)
    return found


def _read(note: bytes) -> dict[str, Any] | None:
    try:
        event: dict[str, Any] = json.loads(note)
        seen = browser_of(str(event.pop("agent")))
        datetime.fromisoformat(event["occurred_at"])
        UUID(event["tenant_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return event | seen if seen else None


def browser_of(agent: str) -> dict[str, str | None] | None:
    """The kind of device and the browser's family; None for a program that is nobody's browser."""
    seen = parse(agent)
    system = seen.os.family if seen.os else None
    if system is None or (seen.device and seen.device.family == ROBOT):
        return None
    return {
        "device_type": _device(system, agent, seen.device.family if seen.device else ""),
        "browser": seen.user_agent.family[:60] if seen.user_agent else None,
    }


def _device(system: str, agent: str, family: str) -> str:
    if system not in PHONE_SYSTEMS:
        return "computer"
    is_tablet = family == "iPad" or (system == "Android" and "Mobile" not in agent)
    return "tablet" if is_tablet else "phone"


def keep(events: Sequence[dict[str, Any]]) -> int:
    """Write the events of the current tenant; how many were new. Only flushes."""
    if not events:
        return 0
    result = db.session.execute(_INSERT, {"events": json.dumps(events)})
    return int(getattr(result, "rowcount", 0))
