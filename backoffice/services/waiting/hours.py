"""How long an offer is held: the tenant's own hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.models import Tenant
from backoffice.services import audit, catalogue

KEY = "offer_hours"
USUAL = 24
MOST = 14 * 24


def offer_hours(tenant: Tenant) -> int:
    """How many hours a party has to accept."""
    return int(tenant.settings.get(KEY, USUAL))


def set_offer_hours(typed: str, actor: Actor) -> int:
    """Change it for offers from now on, 1 to 336. Raises Forbidden, Invalid."""
    actor.require("settings.edit")
    tenant = catalogue.current_tenant()
    hours, old = _read(typed), offer_hours(tenant)
    if hours != old:
        tenant.settings = tenant.settings | {KEY: hours}
        db.session.flush()
        audit.record(actor, "settings:update", tenant, old={KEY: old}, new={KEY: hours})
    return hours


def _read(typed: str) -> int:
    text = typed.strip()
    hours = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
    if not 1 <= hours <= MOST:
        raise Invalid("out_of_range", f"Enter a whole number from 1 to {MOST}.", field=KEY)
    return hours


def ends_at(now: datetime, starts_at: datetime, tenant: Tenant) -> datetime:
    """Until when an offer that is made now is held, never past the start (UTC)."""
    return min(now + timedelta(hours=offer_hours(tenant)), starts_at)
