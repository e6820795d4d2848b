"""Human codes: shown, said on the telephone, never used to authorise."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func

from backoffice.models import Tenant

# What each kind of reference carries between the tenant's prefix and the year.
INFIX = {"booking": "", "payment": "-P", "refund": "-R", "group": "-G"}


def next_reference(kind: str, tenant: Tenant, now: datetime) -> ColumnElement[str]:
    """The next reference of a kind as an SQL expression, so that an INSERT names its own.

    The year is the tenant's local one. Gaps are allowed; no lock is held.
    """
    year = now.astimezone(ZoneInfo(tenant.time_zone)).year
    return func.next_reference(kind, f"{tenant.reference_prefix}{INFIX[kind]}", year)
