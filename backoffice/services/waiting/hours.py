"""How long an offer is held: the tenant's own hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Tenant
from backoffice.services import audit, catalogue, cleaning

KEY = "offer_hours"
USUAL = 24
MOST = 14 * 24


def offer_hours(tenant: Tenant) -> int:
    """How many hours a party has to accept."""
    return int(tenant.settings.get(KEY, USUAL))


def set_offer_hours(typed: Any, actor: Actor) -> int:
    """Change it for offers from now on, 1 to 336. Raises Forbidden, Invalid."""
    actor.require("settings.edit")
    tenant = catalogue.current_tenant()
    hours: int = cleaning.whole(1, MOST)(KEY, typed)
    old = offer_hours(tenant)
    if hours != old:
        tenant.settings = tenant.settings | {KEY: hours}
        db.session.flush()
        audit.record(actor, "settings:update", tenant, old={KEY: old}, new={KEY: hours})
    return hours


def ends_at(now: datetime, starts_at: datetime, tenant: Tenant) -> datetime:
    """Until when an offer that is made now is held, never past the start (UTC)."""
    return min(now + timedelta(hours=offer_hours(tenant)), starts_at)
