"""What the gateways say a span of days brought, beside our own figures: the control of every report about money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import Session

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


def control_totals(since: datetime, until: datetime, session: Session | None = None) -> list[ControlTotal]:
    """Per gateway, what payments paid in [since, until) (UTC) brought, less what was given back of them.

    Only whole days of the tenant's calendar can be held against a gateway. A report gives the `session` of its moment.
    """
    reader = session or db.session()
    tenant = reader.get_one(Tenant, current_tenant_id())
    days = list(_days(since, until, tenant.time_zone))
    accounts = reader.scalars(select(GatewayAccount).order_by(GatewayAccount.gateway)).all() if days else []
    gateways = dict.fromkeys(account.gateway for account in accounts)
    return [
        _total(reader, gateway, [each for each in accounts if each.gateway == gateway], days, tenant)
        for gateway in gateways
    ]


def _days(since: datetime, until: datetime, time_zone: str) -> Iterator[date]:
    day = to_local(since, time_zone).date()
    while day_bounds(day, time_zone)[0] < until:
        yield day
        day += timedelta(days=1)


def _total(
    reader: Session, gateway: str, accounts: Sequence[GatewayAccount], days: Sequence[date], tenant: Tenant
) -> ControlTotal:
    here, there = Sums(), Sums()
    unchecked: set[date] = set()
    checked: list[datetime] = []
    begin, end = day_bounds(days[0], tenant.time_zone)[0], day_bounds(days[-1], tenant.time_zone)[1]
    for account in accounts:
        here.add(_here(reader, account, begin, end))
        compared = _compared(reader, account, begin, end, tenant.time_zone)
        brought = _days_with_money(reader, account, begin, end, tenant.time_zone)
        for day in days:
            if day in compared:
                finished_at, sums = compared[day]
                checked.append(finished_at)
                there.add(sums)
            elif day in brought or _was_open(account, day, tenant.time_zone):
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


def _here(reader: Session, account: GatewayAccount, begin: datetime, end: datetime) -> Sums:
    paid = _paid(account, begin, end)
    money = reader.scalar(select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(paid))
    back = reader.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(paid, Refund.route == "gateway", Refund.status == "succeeded", ~Refund.is_by_dispute())
    )
    return Sums(payments_here_minor=int(money or 0), refunds_here_minor=int(back or 0))


def _paid(account: GatewayAccount, begin: datetime, end: datetime) -> ColumnElement[bool]:
    return (
        (Payment.gateway_account_id == account.id)
        & (Payment.status == "succeeded")
        & (Payment.paid_at >= begin)
        & (Payment.paid_at < end)
    )


def _was_open(account: GatewayAccount, day: date, time_zone: str) -> bool:
    """Whether money can have come of which we do not know: an account out of use, or not there yet, had none."""
    return account.is_in_use and account.created_at < day_bounds(day, time_zone)[1]


def _days_with_money(
    reader: Session, account: GatewayAccount, begin: datetime, end: datetime, time_zone: str
) -> set[date]:
    local = cast(func.timezone(time_zone, Payment.paid_at), Date)
    return set(reader.scalars(select(local).where(_paid(account, begin, end)).distinct()))


def _compared(
    reader: Session, account: GatewayAccount, begin: datetime, end: datetime, time_zone: str
) -> dict[date, tuple[datetime, Sums]]:
    """Of each day, when the last comparison ended that looked at all of it and left nothing unanswered, and its sums."""
    run = Reconciliation
    wanted = select(run.since, run.until, run.finished_at, run.days).where(
        run.gateway_account_id == account.id,
        run.state.in_(("equal", "different")),
        run.finished_at.is_not(None),
        run.since < end,
        run.until > begin,
    )
    found: dict[date, tuple[datetime, Sums]] = {}
    for since, until, finished_at, said in reader.execute(wanted.order_by(run.finished_at.desc())):
        for day in _days(max(since, begin), min(until, end), time_zone):
            sums = said.get(day.isoformat(), {})
            first, last = day_bounds(day, time_zone)
            if since <= first and last <= until and UNANSWERED not in sums:
                found.setdefault(day, (finished_at, Sums(**sums)))
    return found
