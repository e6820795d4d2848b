"""Noting a step: one push to Valkey, so that no page writes to the database or waits for it.

While Valkey is away nothing is counted: a figure of visits is no promise to anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from backoffice.database import new_id
from backoffice.domain.network import shortened
from backoffice.domain.visits import STEPS
from backoffice.services.live.link import link
from backoffice.tenancy import current_tenant_id

QUEUE = "analytics"
# Some minutes of a flood; the oldest go first, and memory stays what it was.
MOST_WAITING = 50_000
_LONGEST_AGENT = 300


@dataclass(frozen=True)
class Look:
    """Who looks at which page, as a request says it; `address` and `agent` leave the process shortened and hashed."""

    page: str
    address: str | None
    agent: str
    referrer: str = ""
    host: str = ""


@dataclass(frozen=True)
class About:
    """What the step is about."""

    course_id: UUID | None = None
    schedule_id: UUID | None = None
    booking_id: UUID | None = None


def note(step: str, look: Look, about: About | None = None, now: datetime | None = None) -> None:
    """Count a step of a visit; `step` is a key of STEPS. Raises KeyError for any other."""
    STEPS[step]
    now = now or datetime.now(UTC)
    event = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "event_type": step,
        "visit": visit_of(look, now).hex(),
        "occurred_at": now.isoformat(),
        "page": look.page[:200],
        "referrer": _host_elsewhere(look),
        "address": shortened(look.address),
        "agent": look.agent[:_LONGEST_AGENT],
    }
    _push(event | asdict(about or About()))


def visit_of(look: Look, now: datetime) -> bytes:
    """The same for one browser on one day at one provider, and nothing that could be traced back or further."""
    key = str(current_app.secret_key).encode()
    about = f"visit/{current_tenant_id()}/{now:%Y-%m-%d}/{look.address}/{look.agent}"
    return hmac.digest(key, about.encode("utf-8", "replace"), hashlib.sha256)[:16]


def _host_elsewhere(look: Look) -> str | None:
    """From which other site somebody came: its name alone, never the page."""
    try:
        host = urlsplit(look.referrer).hostname or ""
    except ValueError:
        return None
    return host[:253] if host and host != look.host else None


def _push(event: dict[str, Any]) -> None:
    with link().redis.pipeline(transaction=False) as pipeline:
        pipeline.rpush(QUEUE, json.dumps(event, default=str))
        pipeline.ltrim(QUEUE, -MOST_WAITING, -1)
        link().ask(lambda _: pipeline.execute(), [])
