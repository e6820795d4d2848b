"""What the gateways say a span of days brought, beside our own figures: the control of every report about money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.reconciling import UNANSWERED, Sums
from backoffice.domain.times import day_bounds, to_local
from backoffice.models import GatewayAccount, Payment, Reconciliation, Refund, Tenant
from backoffice.tenancy import current_tenant_id


@dataclass(frozen=True)
class ControlTotal:
    """A gateway over a span: net minor units on both sides.

    `there_minor` covers `days_checked` of the span's days; `checked_at` is the oldest of the comparisons that it stands on.
    """

    gateway: str
    currency: str
    payments_here_minor: int
    refunds_here_minor: int
    payments_there_minor: int
    refunds_there_minor: int
    days: int
    days_checked: int
    checked_at: datetime | None

    @property
    def here_minor(self) -> int:
        return self.payments_here_minor - self.refunds_here_minor

    @property
    def there_minor(self) -> int | None:
        return self.payments_there_minor - self.refunds_there_minor if self.is_complete else None

    @property
    def is_complete(self) -> bool:
        return self.days > 0 and self.days_checked == self.days

    @property
    def is_equal(self) -> bool:
        return self.is_complete and self.here_minor == self.there_minor


def control_totals(since: datetime, until: datetime) -> list[ControlTotal]:
    """Per gateway, what payments paid in [since, until) (UTC) brought, less what was given back of them.

    Only whole days of the tenant's calendar can be held against a gateway.
    """
    tenant = db.session.get_one(Tenant, current_tenant_id())
    days = list(_days(since, until, tenant.time_zone))
    accounts = db.session.scalars(select(GatewayAccount).order_by(GatewayAccount.gateway)).all()
    gateways = dict.fromkeys(account.gateway for account in accounts)
    return [
        _total(gateway, [each for each in accounts if each.gateway == gateway], days, tenant)
        for gateway in gateways
    ]


def _days(since: datetime, until: datetime, time_zone: str) -> Iterator[date]:
    day = to_local(since, time_zone).date()
    while day_bounds(day, time_zone)[0] < until:
        yield day
        day += timedelta(days=1)


def _total(
    gateway: str, accounts: Sequence[GatewayAccount], days: Sequence[date], tenant: Tenant
) -> ControlTotal:
    here, there = Sums(), Sums()
    unchecked: set[date] = set()
    checked: list[datetime] = []
    begin, end = day_bounds(days[0], tenant.time_zone)[0], day_bounds(days[-1], tenant.time_zone)[1]
    for account in accounts:
        here.add(_here(account, begin, end))
        for day in days:
            run = _latest(account, day, tenant.time_zone)
            if run is not None and run.finished_at is not None:
                checked.append(run.finished_at)
                there.add(Sums(**run.days.get(day.isoformat(), {})))
            elif _needs_check(account, day, tenant.time_zone):
                unchecked.add(day)
    return ControlTotal(
        gateway,
        tenant.currency,
        here.payments_here_minor,
        here.refunds_here_minor,
        there.payments_there_minor,
        there.refunds_there_minor,
        len(days),
        len(days) - len(unchecked),
        min(checked, default=None),
    )


def _here(account: GatewayAccount, begin: datetime, end: datetime) -> Sums:
    paid = (
        (Payment.gateway_account_id == account.id)
        & (Payment.status == "succeeded")
        & (Payment.paid_at >= begin)
        & (Payment.paid_at < end)
    )
    money = db.session.scalar(select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(paid))
    back = db.session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(paid, Refund.route == "gateway", Refund.status == "succeeded", ~Refund.is_by_dispute())
    )
    return Sums(payments_here_minor=int(money or 0), refunds_here_minor=int(back or 0))


def _needs_check(account: GatewayAccount, day: date, time_zone: str) -> bool:
    """Whether money can have come: an account that is out of use, or was not there yet, has none but what we know."""
    begin, end = day_bounds(day, time_zone)
    was_open = account.is_in_use and account.created_at < end
    return was_open or _here(account, begin, end).payments_here_minor > 0


def _latest(account: GatewayAccount, day: date, time_zone: str) -> Reconciliation | None:
    """The last comparison that looked at the whole day, and left nothing of it unanswered."""
    begin, end = day_bounds(day, time_zone)
    wanted = select(Reconciliation).where(
        Reconciliation.gateway_account_id == account.id,
        Reconciliation.state.in_(("equal", "different")),
        Reconciliation.since <= begin,
        Reconciliation.until >= end,
        Reconciliation.days[day.isoformat()][UNANSWERED].is_(None),
    )
    return db.session.scalars(wanted.order_by(Reconciliation.finished_at.desc()).limit(1)).first()
