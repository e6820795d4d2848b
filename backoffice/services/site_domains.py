"""The host names that lead to a provider's pages: each to one provider, one of them the main one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import Select, delete, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.site_words import clean_host
from backoffice.models import TenantDomain
from backoffice.services import audit, catalogue, tenants
from backoffice.tenancy import current_tenant_id

MOST = 20


@dataclass(frozen=True)
class Domain:
    """A host name of the provider; the main one stands in mails and documents."""

    host: str
    is_primary: bool
    url: str


def list_own() -> list[Domain]:
    """The current tenant's host names, the main one first."""
    found = db.session.scalars(
        _own()
        .order_by(TenantDomain.is_primary.desc(), TenantDomain.host)
        .execution_options(populate_existing=True)
    )
    return [Domain(row.host, row.is_primary, tenants.url_at(row.host)) for row in found]


def add(host: str, actor: Actor) -> str:
    """Have a host name lead to this provider; the cleaned name. Raises Forbidden, Invalid, Refused (host)."""
    actor.require("settings.edit")
    host = clean_host(host)
    _refuse_the_platforms(host)
    taken = db.session.get(TenantDomain, host)
    if taken is not None:
        raise _taken(taken)
    if len(list_own()) >= MOST:
        raise Refused("too_many", f"A provider can have {MOST} addresses. Remove one first.", field="host")
    db.session.add(TenantDomain(host=host, tenant_id=current_tenant_id(), is_primary=False))
    db.session.flush()
    audit.record(actor, "site:domain_added", catalogue.current_tenant(), new={"host": host})
    return host


def make_primary(host: str, actor: Actor, *, seen_at: str) -> None:
    """Have mails and documents lead to this host name.

    `seen_at` is the host name of the page that asks: only from the address itself, so that it is known to work.
    Raises Forbidden, NotFound, Refused.
    """
    actor.require("settings.edit")
    row = _get(host)
    if seen_at != row.host:
        raise Refused(
            "not_seen",
            f"Open {row.host} in the browser, sign in there, and make it the main address from there.",
        )
    if row.is_primary:
        return
    # One at a time is an index: the old one gives way before the new one takes its place.
    db.session.execute(
        update(TenantDomain).where(TenantDomain.tenant_id == row.tenant_id).values(is_primary=False)
    )
    db.session.execute(update(TenantDomain).where(TenantDomain.host == row.host).values(is_primary=True))
    audit.record(actor, "site:domain_primary", catalogue.current_tenant(), new={"host": host})


def remove(host: str, actor: Actor, *, seen_at: str) -> None:
    """Have a host name lead nowhere. Raises Forbidden, NotFound, Refused: the main one, and the one in use right now."""
    actor.require("settings.edit")
    row = _get(host)
    if row.is_primary:
        raise Refused("primary", "Mails lead to this address. Make another one the main address first.")
    if seen_at == row.host:
        raise Refused("in_use", "You are using this address right now. Open another one to remove it.")
    gone = db.session.scalar(
        delete(TenantDomain)
        .where(TenantDomain.host == row.host, ~TenantDomain.is_primary)
        .returning(TenantDomain.host)
    )
    if gone is None:
        raise Refused("primary", "Mails lead to this address. Make another one the main address first.")
    db.session.expunge(row)
    audit.record(actor, "site:domain_removed", catalogue.current_tenant(), old={"host": host})


def _own() -> Select[TenantDomain]:
    return select(TenantDomain).where(TenantDomain.tenant_id == current_tenant_id())


def _get(host: str) -> TenantDomain:
    """The row, when it is this tenant's: the table is read before any scope exists, so it is asked for here."""
    row = db.session.scalar(_own().where(TenantDomain.host == host))
    if row is None:
        raise NotFound("This address is not yours.")
    return row


def _taken(row: TenantDomain) -> Refused:
    if row.tenant_id == current_tenant_id():
        return Refused("host_yours", "This address leads to your pages already.", field="host")
    return Refused("host_taken", "This address leads to another training provider already.", field="host")


def _refuse_the_platforms(host: str) -> None:
    """Names below the installation's own are given out by whoever runs it. Raises Invalid."""
    base = urlsplit(current_app.extensions["settings"].public_base_url).hostname or "localhost"
    is_reserved = host.endswith((".localhost", ".local", ".internal"))
    if is_reserved or host == base or host.endswith(f".{base}"):
        raise Invalid(
            "host_reserved",
            "This name is given out by whoever runs this installation. Ask them for it.",
            field="host",
        )
