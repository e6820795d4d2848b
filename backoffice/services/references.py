"""Human codes: shown, said on the telephone, never used to authorise."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, bindparam, func, select

from backoffice.database import db
from backoffice.models import Tenant

# What each kind of reference carries between the tenant's prefix and the year.
INFIX = {"booking": "", "payment": "-P", "refund": "-R", "group": "-G", "certificate": "-C", "request": "-Q"}


def next_reference(kind: str, tenant: Tenant, now: datetime) -> str:
    """Draw the next reference of a kind. The year is the tenant's local one; gaps are allowed, no lock is held."""
    return db.session.connection().execute(_NEXT, reference_parts(kind, tenant, now)).scalar_one()


# The next reference as part of an INSERT that is executed with `reference_parts`: no round trip of its own.
REFERENCE: ColumnElement[str] = func.next_reference(
    bindparam("reference_kind"), bindparam("reference_prefix"), bindparam("reference_year", type_=Integer)
)
_NEXT = select(REFERENCE)


def reference_parts(kind: str, tenant: Tenant, now: datetime) -> dict[str, Any]:
    """What a kind's next reference is made of, as bound parameters."""
    return {
        "reference_kind": kind,
        "reference_prefix": f"{tenant.reference_prefix}{INFIX[kind]}",
        "reference_year": now.astimezone(ZoneInfo(tenant.time_zone)).year,
    }
