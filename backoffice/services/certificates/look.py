"""How a provider's certificates look: logo, colour, who signs, and what the public check says of a name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.documents.certificate_pdf import COLOUR
from backoffice.documents.picture import read_picture
from backoffice.domain.actor import Actor
from backoffice.domain.colours import clean_colour
from backoffice.domain.errors import Changed, NotFound
from backoffice.models import TenantLogo
from backoffice.services import audit, catalogue, cleaning, tenants
from backoffice.tenancy import current_tenant_id

# On the check page: the name in full, or its initials.
NAMES = ("full", "initials")

CLEANERS: dict[str, cleaning.Cleaner] = {
    "certificate_colour": lambda name, value: clean_colour(value, field=name),
    "certificate_name": cleaning.one_of(NAMES),
    "certificate_signatory": cleaning.line(120, nullable=False),
    "certificate_signatory_role": cleaning.line(120, nullable=False),
}
_DEFAULTS = {
    "certificate_colour": COLOUR,
    "certificate_name": "full",
    "certificate_signatory": "",
    "certificate_signatory_role": "",
}


@dataclass(frozen=True)
class Look:
    """What every certificate of the tenant has in common; read once for a whole run."""

    tenant_name: str
    base_url: str
    colour: str
    signatory: str
    signatory_role: str
    logo: bytes | None = field(default=None, repr=False)


def current_look() -> Look:
    """The look of the current tenant's certificates as it is now."""
    tenant, chosen = catalogue.current_tenant(), choices()
    logo = find_logo()
    return Look(
        tenant_name=tenant.name,
        base_url=tenants.base_url(tenant),
        colour=chosen["certificate_colour"],
        signatory=chosen["certificate_signatory"],
        signatory_role=chosen["certificate_signatory_role"],
        logo=logo.content if logo else None,
    )


def choices() -> dict[str, str]:
    """What was chosen, or what holds without a choice, by the keys of CLEANERS."""
    settings = catalogue.current_tenant().settings
    return {name: settings.get(name) or default for name, default in _DEFAULTS.items()}


def update(values: Mapping[str, Any], actor: Actor, *, version: int | None = None) -> None:
    """Change what is given of CLEANERS; certificates that are made already stay. Raises Forbidden, Invalid, Changed."""
    actor.require("settings.edit")
    tenant = catalogue.current_tenant()
    if version is not None and tenant.version != version:
        raise Changed()
    cleaned = cleaning.clean_all(values, CLEANERS)
    old, new = audit.differences(choices(), cleaned)
    if not new:
        return
    tenant.settings = {**tenant.settings, **new}
    db.session.flush()
    audit.record(actor, "settings:certificate", tenant, old=old, new=new)


def find_logo() -> TenantLogo | None:
    """The tenant's logo, or None."""
    return db.session.scalar(select(TenantLogo).execution_options(populate_existing=True))


def set_logo(uploaded: bytes, actor: Actor) -> None:
    """Make this picture the logo, in place of the one before. Raises Forbidden, Invalid (logo)."""
    actor.require("settings.edit")
    picture = read_picture(uploaded)
    values = {
        "content": picture.content,
        "sha256": hashlib.sha256(picture.content).hexdigest(),
        "width": picture.width,
        "height": picture.height,
    }
    row = insert(TenantLogo).values(tenant_id=current_tenant_id(), id=new_id(), **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["tenant_id"], set_=values))
    shown = f"{picture.width} × {picture.height} pixels"
    audit.record(actor, "settings:logo", catalogue.current_tenant(), new={"logo": shown})


def remove_logo(actor: Actor) -> None:
    """Have certificates without a logo. Raises Forbidden, NotFound."""
    actor.require("settings.edit")
    gone = db.session.scalar(delete(TenantLogo).returning(TenantLogo.id))
    if gone is None:
        raise NotFound("There is no logo.")
    audit.record(actor, "settings:logo_removed", catalogue.current_tenant())
