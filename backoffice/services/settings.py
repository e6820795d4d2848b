"""What a training provider says of itself: name, address, bank, and how it works."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Invalid
from backoffice.domain.money import MAX_MINOR
from backoffice.domain.own_changes import MOST_HOURS
from backoffice.domain.text import clean_phone
from backoffice.domain.times import zone
from backoffice.models import Schedule, Tenant
from backoffice.services import audit, catalogue, cleaning

_PREFIX = re.compile(r"[A-Z]{2,6}")


def _prefix(name: str, value: Any) -> str:
    text: str = cleaning.line(6, nullable=False)(name, value).upper()
    if not _PREFIX.fullmatch(text):
        raise Invalid("reference_prefix", "Use two to six letters, for example RFT.", field=name)
    return text


def _web_address(name: str, value: Any) -> str | None:
    address: str | None = cleaning.line(200)(name, value)
    if address and not address.lower().startswith(("https://", "http://")):
        raise Invalid("web_address", "Enter an address that begins with https://", field=name)
    return address


def _time_zone(name: str, value: Any) -> str:
    return str(zone(str(value or "")))


def _phone(name: str, value: Any) -> str | None:
    return clean_phone(value, catalogue.current_tenant().country, field=name)


CLEANERS: dict[str, cleaning.Cleaner] = {
    "name": cleaning.line(200, nullable=False),
    "email": cleaning.email,
    "phone": _phone,
    "website": _web_address,
    "address": cleaning.block(500),
    "bank_details": cleaning.block(1000),
    "hold_days": cleaning.whole(0, 60),
    "name_change_hours": cleaning.whole(0, MOST_HOURS),
    "refund_limit_minor": cleaning.whole(0, MAX_MINOR),
    "vat_rate_bp": cleaning.whole(0, 10_000),
    "reference_prefix": _prefix,
    "time_zone": _time_zone,
}
_NEEDED = ("name", "hold_days", "name_change_hours", "vat_rate_bp", "reference_prefix", "time_zone")


def has_dates() -> bool:
    """Whether dates exist: their wall times were said to people, so the time zone stays."""
    return bool(db.session.scalar(select(exists().where(Schedule.id.is_not(None)))))


def update(values: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> Tenant:
    """Change what is given (minor units, basis points, days). Raises Forbidden, Invalid, Changed.

    A new VAT rate and hold hold for what is made from now on; nothing sold changes.
    """
    actor.require("settings.edit")
    tenant = catalogue.current_tenant()
    if version is not None and tenant.version != version:
        raise Changed()
    cleaned = cleaning.clean_all(values, CLEANERS, [name for name in _NEEDED if name in values])
    if cleaned.get("time_zone", tenant.time_zone) != tenant.time_zone and has_dates():
        raise Invalid(
            "time_zone",
            "The time zone cannot change any more: dates were planned and sold in it.",
            field="time_zone",
        )
    old, new = audit.differences({name: getattr(tenant, name) for name in cleaned}, cleaned)
    for name, value in new.items():
        setattr(tenant, name, value)
    if new:
        db.session.flush()
        audit.record(actor, "settings:update", tenant, old=old, new=new)
    return tenant
