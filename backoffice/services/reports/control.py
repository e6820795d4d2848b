"""Our ledger held against the gateways': the same period, the same payments."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.gateway_terms import GATEWAY_LABELS
from backoffice.services.reconciliation import ControlTotal, control_totals
from backoffice.services.reports import standing
from backoffice.services.reports.figures import span_values
from backoffice.services.reports.lines import PAID
from backoffice.services.reports.tables import INSTANT, TEXT, Asked, Column, Detail, Report, Result

COLUMNS = (
    Column("Received here"),
    Column("Given back here"),
    Column("Net here"),
    Column("Net at the gateway"),
    Column("Difference"),
    Column("Compared", TEXT),
)
# Payments by when they were paid, with whatever was given back of them since: as the comparison counts (Refund.is_by_dispute).
_HERE = """
SELECT 'payments' AS link_kind, p.id AS link_id, p.paid_at AS at, p.reference, p.currency, a.gateway AS key,
       p.gateway_payment_id AS there, p.amount_minor AS received_minor, back.given_minor,
       p.amount_minor - back.given_minor AS net_minor
  FROM payments p JOIN gateway_accounts a ON a.tenant_id = p.tenant_id AND a.id = p.gateway_account_id,
       LATERAL (SELECT coalesce(sum(r.amount_minor), 0)::bigint AS given_minor FROM refunds r
                 WHERE r.tenant_id = p.tenant_id AND r.payment_id = p.id AND r.route = 'gateway'
                   AND r.status = 'succeeded'
                   AND NOT starts_with(coalesce(r.gateway_refund_id, ''), 'dispute:')) back
 WHERE p.status = 'succeeded' AND p.paid_at >= :begin AND p.paid_at < :end
"""


def run(reader: Session, asked: Asked) -> Result:
    """A line for each gateway that has an account here, up to today: the days to come cannot be compared yet."""
    begin, end = asked.period.instants(asked.zone)
    found = control_totals(begin, min(end, asked.now), reader)
    made = standing.tables(
        [_line(each) for each in found],
        COLUMNS,
        asked.currency,
        heading="Gateway",
        charted=2,
        total=_total if found else None,
    )
    return Result(
        asked, made, ["Payments by the day they were paid, less what was given back of them since."]
    )


def _line(total: ControlTotal) -> tuple[Any, ...]:
    here = (total.payments_here_minor, total.refunds_here_minor, total.here_minor)
    theirs = total.there_minor
    difference = total.here_minor - theirs if theirs is not None else None
    label = GATEWAY_LABELS.get(total.gateway, total.gateway)
    return (total.currency, total.gateway, label, *here, theirs, difference, _said(total))


def _said(total: ControlTotal) -> str:
    if total.is_complete:
        return "Equal" if total.is_equal else "Different: look at the comparison"
    if total.days_checked:
        return f"{total.days_checked} of {total.days} days compared"
    return "Not reconciled yet"


def _total(figures: Any) -> tuple[Any, ...]:
    """The other side is summed only where all of it is known."""
    here = [sum(row[place] for row in figures) for place in range(3)]
    is_known = all(row[3] is not None for row in figures)
    there = sum(row[3] for row in figures) if is_known else None
    return (*here, there, here[2] - there if there is not None else None, None)


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The payments through a gateway, or through all."""
    columns = (
        Column("When", INSTANT, "at"),
        Column("Payment", TEXT, "reference"),
        Column("There called", TEXT, "there"),
        Column("Received", name="received_minor"),
        Column("Given back", name="given_minor"),
        Column("Net", name="net_minor"),
    )
    criterion = "key = :key" if key is not None else "true"
    sql = f"SELECT * FROM ({_HERE}) h WHERE currency = :currency AND {criterion}"  # noqa: S608
    values = span_values(asked, asked.period) | {"currency": currency}
    if key is not None:
        values |= {"key": key}
    return Detail("Payments through gateways", columns, sql, values, currency, "net_minor")


CONTROL = Report(
    "control",
    "Control against the gateways",
    "What our ledger says came through each gateway, beside what the gateway says.",
    "Money",
    run,
    detail_of,
    (PAID,),
)
