"""Training providers on this installation."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Tenant, TenantDomain

HOST_SECONDS = 30

_hosts: dict[str, tuple[float, UUID | None]] = {}


def find_by_host(host: str) -> UUID | None:
    """The id of the tenant that a host name leads to, or None. Remembered for half a minute."""
    host = host.lower().rstrip(".")
    known = _hosts.get(host)
    if known and known[0] > time.monotonic():
        return known[1]
    living = select(TenantDomain.tenant_id).join(Tenant, Tenant.id == TenantDomain.tenant_id)
    tenant_id = db.session.scalar(living.where(TenantDomain.host == host, Tenant.is_active))
    db.session.remove()
    if len(_hosts) > 10_000:  # invented host names must not fill the memory
        _hosts.clear()
    _hosts[host] = (time.monotonic() + HOST_SECONDS, tenant_id)
    return tenant_id


def forget_hosts() -> None:
    """Read the host names again: after a domain was added."""
    _hosts.clear()


def base_url(tenant: Tenant) -> str:
    """Where the tenant's pages are: its primary domain, with the scheme and the port of PUBLIC_BASE_URL."""
    public = urlsplit(current_app.extensions["settings"].public_base_url)
    host = db.session.scalar(
        select(TenantDomain.host).where(TenantDomain.tenant_id == tenant.id, TenantDomain.is_primary)
    )
    host = host or public.hostname or "localhost"
    return f"{public.scheme}://{host}:{public.port}" if public.port else f"{public.scheme}://{host}"


def list_names() -> Sequence[tuple[str, str]]:
    """(name, host) of every active tenant, for the operator: nothing else of theirs."""
    rows = db.session.execute(
        select(Tenant.name, TenantDomain.host)
        .join(TenantDomain, TenantDomain.tenant_id == Tenant.id)
        .where(Tenant.is_active)
        .order_by(Tenant.name, TenantDomain.host)
        .limit(1000)
    )
    return [(row.name, row.host) for row in rows]


def host_of(base_url: str) -> str:
    """The host name of an address that `base_url` gave."""
    return urlsplit(base_url).hostname or "localhost"
