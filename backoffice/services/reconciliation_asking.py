"""Comparisons that people ask for: of which accounts, and over which days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, Refused
from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.domain.times import day_bounds, to_local
from backoffice.models import GatewayAccount, Payment, Reconciliation, Refund, Tenant
from backoffice.services import audit, reconciliation
from backoffice.tenancy import current_tenant_id

MOST_DAYS = 31
USUAL_DAYS = 3


def ask(days: int, actor: Actor, now: datetime) -> list[Reconciliation]:
    """Have the last days compared, once what was asked for before is done.

    Raises Forbidden, Invalid for another number of days, and Refused where there is nothing to compare.
    """
    actor.require("refund.execute")
    if not 1 <= days <= MOST_DAYS:
        sentence = f"Choose 1 to {MOST_DAYS} days."
        raise Invalid("days", sentence, field="days")
    if _is_busy():
        raise Refused("being_compared", "A comparison is running already: wait for its result.")
    runs = begin_all(days, actor, now)
    if not runs:
        raise Refused("no_account", "There is no account to compare with: enter its keys in Payments online.")
    return runs


def begin_all(days: int, actor: Actor, now: datetime) -> list[Reconciliation]:
    """Begin to compare each account over the last whole days of the tenant's calendar, and today so far."""
    since = first_instant(days, now)
    runs = [
        reconciliation.begin(account, since, now, "asked", actor) for account in accounts_to_compare(since)
    ]
    for run in runs:
        label = GATEWAY_LABELS[run.account.gateway]
        audit.record_about(
            actor, "reconciliation:ask", "reconciliations", run.id, label=label, new={"days": days}
        )
    return runs


def first_instant(days: int, now: datetime) -> datetime:
    """Where the day begins (UTC) that was so many days ago."""
    time_zone = db.session.get_one(Tenant, current_tenant_id()).time_zone
    first = to_local(now, time_zone).date() - timedelta(days=days)
    return day_bounds(first, time_zone)[0]


def accounts_to_compare(since: datetime) -> list[GatewayAccount]:
    """Those in use, and older ones through which money came, went back, or was asked for from then on (UTC)."""
    wanted = select(GatewayAccount).where(or_(GatewayAccount.is_in_use, _moved_money(since)))
    return list(db.session.scalars(wanted.order_by(GatewayAccount.gateway, GatewayAccount.id)))


def _moved_money(since: datetime) -> ColumnElement[bool]:
    through_it = Payment.gateway_account_id == GatewayAccount.id
    came: Any = exists().where(through_it, or_(Payment.paid_at >= since, Payment.created_at >= since))
    went: Any = exists().where(through_it, Refund.payment_id == Payment.id, Refund.succeeded_at >= since)
    return or_(came, went)


def _is_busy() -> bool:
    known = select(Reconciliation.id).where(
        Reconciliation.kind == "asked", Reconciliation.state.in_(("waiting", "running"))
    )
    return db.session.scalar(known.limit(1)) is not None
