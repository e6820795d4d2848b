"""Whose data a piece of work may see.

The scope is a ContextVar in Python and a transaction-local setting in PostgreSQL, where row level security reads it. Without a
scope the program refuses to touch a tenant's table at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

_tenant: ContextVar[UUID | None] = ContextVar("tenant", default=None)

_SET_TENANT = text("SELECT set_config('app.tenant_id', :tenant, true)")


class NoTenant(RuntimeError):
    """A tenant's table was used outside `tenant_scope`."""


class TenantChanged(RuntimeError):
    """One Session was used for two tenants: its identity map would hand out the other's rows."""


def current_tenant_id() -> UUID:
    """The tenant of this piece of work; raises NoTenant outside a scope."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise NoTenant("This work has no tenant: wrap it in tenant_scope(tenant_id).")
    return tenant_id


def find_tenant_id() -> UUID | None:
    """The tenant of this piece of work, or None outside a scope."""
    return _tenant.get()


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Run the block as this tenant."""
    token = _tenant.set(tenant_id)
    try:
        yield
    finally:
        _tenant.reset(token)


def enter_tenant(tenant_id: UUID) -> object:
    """Set the scope for a web request; `leave_tenant` takes the returned token."""
    return _tenant.set(tenant_id)


def leave_tenant(token: object) -> None:
    _tenant.reset(token)  # type: ignore[arg-type]


def _tell_the_database(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    tenant_id = _tenant.get()
    if tenant_id is None:
        return
    known = session.info.setdefault("tenant_id", tenant_id)
    if known != tenant_id:
        raise TenantChanged("This Session already worked for another tenant: remove it first.")
    connection.execute(_SET_TENANT, {"tenant": str(tenant_id)})


def watch(session_class: type[Session]) -> None:
    """Have every transaction of this session class carry the tenant; the setting dies with the transaction."""
    event.listen(session_class, "after_begin", _tell_the_database)
