"""Training providers on this installation."""

import time
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import TenantDomain

HOST_SECONDS = 30

_hosts: dict[str, tuple[float, UUID | None]] = {}


def find_by_host(host: str) -> UUID | None:
    """The id of the tenant that a host name leads to, or None. Remembered for half a minute."""
    host = host.lower().rstrip(".")
    known = _hosts.get(host)
    if known and known[0] > time.monotonic():
        return known[1]
    tenant_id = db.session.scalar(select(TenantDomain.tenant_id).where(TenantDomain.host == host))
    db.session.remove()
    if len(_hosts) > 10_000:  # invented host names must not fill the memory
        _hosts.clear()
    _hosts[host] = (time.monotonic() + HOST_SECONDS, tenant_id)
    return tenant_id


def forget_hosts() -> None:
    """Read the host names again: after a domain was added."""
    _hosts.clear()
