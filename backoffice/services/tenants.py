"""Training providers on this installation."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.text import clean_line
from backoffice.domain.times import zone
from backoffice.models import Tenant, TenantDomain
from backoffice.services import audit
from backoffice.services.reminders import rules
from backoffice.tenancy import current_tenant_id

HOST_SECONDS = 30

_hosts: dict[str, tuple[float, UUID | None]] = {}
_primary: dict[UUID, tuple[float, str]] = {}

# Currencies whose small coins nobody uses: amounts are whole.
WHOLE_ONLY = frozenset({"KES", "UGX", "TZS", "RWF"})
_SHAPES = {
    "slug": (re.compile(r"[a-z0-9][a-z0-9-]{0,38}"), "Use lower-case letters, digits and hyphens."),
    "currency": (re.compile(r"[A-Z]{3}"), "Write the currency in three letters, as GBP."),
    "country": (re.compile(r"[A-Z]{2}"), "Write the country in two letters, as GB."),
    "prefix": (re.compile(r"[A-Z]{2,6}"), "Write the prefix of references in two to six capital letters."),
}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9][a-z0-9-]{0,62})*")


@dataclass(frozen=True)
class NewTenant:
    """A training provider to be; the first host name is the one that mails and documents use."""

    slug: str
    name: str
    currency: str
    time_zone: str
    country: str
    prefix: str
    hosts: tuple[str, ...]


def create(new: NewTenant, actor: Actor) -> Tenant:
    """Make a tenant in the scope of its own, new id. Raises Forbidden, Invalid, Refused."""
    actor.require("tenant.operate")
    name = _check(new)
    tenant = Tenant(
        id=current_tenant_id(),
        slug=new.slug,
        name=name,
        reference_prefix=new.prefix,
        currency=new.currency,
        smallest_unit_minor=100 if new.currency in WHOLE_ONLY else 1,
        time_zone=new.time_zone,
        country=new.country,
    )
    db.session.add(tenant)
    db.session.flush()
    for number, host in enumerate(new.hosts):
        db.session.add(TenantDomain(host=host, tenant_id=tenant.id, is_primary=number == 0))
    db.session.flush()
    rules.seed()
    shown = {"slug": new.slug, "currency": new.currency, "hosts": list(new.hosts)}
    audit.record(actor, "tenant:create", tenant, new=shown)
    forget_hosts()
    return tenant


def _check(new: NewTenant) -> str:
    """The cleaned name. Raises Invalid, Refused."""
    for field, (shape, sentence) in _SHAPES.items():
        if not shape.fullmatch(getattr(new, field)):
            raise Invalid(field, sentence, field=field)
    zone(new.time_zone)
    if not new.hosts or not all(_HOST.fullmatch(host) for host in new.hosts):
        raise Invalid("host", "Name at least one host, in lower case, as training.example.com.", field="host")
    if find_by_slug(new.slug) is not None:
        raise Refused("slug_taken", f"There is a tenant “{new.slug}” already.", field="slug")
    taken = db.session.scalar(select(TenantDomain.host).where(TenantDomain.host.in_(new.hosts)).limit(1))
    if taken is not None:
        raise Refused("host_taken", f"{taken} leads to another tenant already.", field="host")
    return clean_line(new.name, field="name", maximum=200, required=True)


def find_by_slug(slug: str) -> Tenant | None:
    """The tenant of this short name, or None; needs no scope."""
    return db.session.scalar(select(Tenant).where(Tenant.slug == slug))


def list_all() -> Sequence[Tenant]:
    """Every tenant by its short name; needs no scope."""
    return db.session.scalars(select(Tenant).order_by(Tenant.slug)).all()


def hosts_of(tenant_id: UUID) -> list[str]:
    """Its host names, the primary one first."""
    order = (TenantDomain.is_primary.desc(), TenantDomain.host)
    wanted = select(TenantDomain.host).where(TenantDomain.tenant_id == tenant_id).order_by(*order)
    return list(db.session.scalars(wanted))


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
    _primary.clear()


def base_url(tenant: Tenant) -> str:
    """Where the tenant's pages are: its primary domain, with the scheme and the port of PUBLIC_BASE_URL."""
    public = urlsplit(current_app.extensions["settings"].public_base_url)
    return url_at(_primary_host(tenant.id) or public.hostname or "localhost")


def url_at(host: str) -> str:
    """The address of a host name, with the scheme and the port of PUBLIC_BASE_URL."""
    public = urlsplit(current_app.extensions["settings"].public_base_url)
    return f"{public.scheme}://{host}:{public.port}" if public.port else f"{public.scheme}://{host}"


def _primary_host(tenant_id: UUID) -> str | None:
    """Remembered for half a minute: each mail asks for it more than once."""
    known = _primary.get(tenant_id)
    if known and known[0] > time.monotonic():
        return known[1]
    host = db.session.scalar(
        select(TenantDomain.host).where(TenantDomain.tenant_id == tenant_id, TenantDomain.is_primary)
    )
    if host:
        _primary[tenant_id] = (time.monotonic() + HOST_SECONDS, host)
    return host


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
