"""Our ledger held against the gateways': the same period, the same payments."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.gateway_terms import GATEWAY_LABELS
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
# Payments by when they were paid, with whatever was given back of them since: as the comparison counts.
_HERE = """
SELECT 'payments' AS link_kind, p.id AS link_id, p.paid_at AS at, p.reference, p.currency, a.gateway AS key,
       p.gateway_payment_id AS there, p.amount_minor AS received_minor, back.given_minor,
       p.amount_minor - back.given_minor AS net_minor
  FROM payments p JOIN gateway_accounts a ON a.tenant_id = p.tenant_id AND a.id = p.gateway_account_id,
       LATERAL (SELECT coalesce(sum(r.amount_minor), 0)::bigint AS given_minor FROM refunds r
                 WHERE r.tenant_id = p.tenant_id AND r.payment_id = p.id AND r.route = 'gateway'
                   AND r.status = 'succeeded') back
 WHERE p.status = 'succeeded' AND p.paid_at >= :begin AND p.paid_at < :end
"""
# Of each day that has begun, the last comparison that looked at all of it and left nothing unanswered. An account that is
# out of use, or was not there yet, needs none on a day on which it brought nothing.
_THERE = """
SELECT a.gateway, count(*), count(run.days),
       coalesce(sum((run.days -> d.day::text ->> 'payments_there_minor')::bigint
                    - (run.days -> d.day::text ->> 'refunds_there_minor')::bigint), 0)::bigint
  FROM gateway_accounts a
 CROSS JOIN (SELECT day::date AS day, day::date::timestamp AT TIME ZONE :zone AS begins,
                    (day::date + 1)::timestamp AT TIME ZONE :zone AS ends
               FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') day) d
  LEFT JOIN LATERAL (
       SELECT r.days FROM reconciliations r
        WHERE r.tenant_id = a.tenant_id AND r.gateway_account_id = a.id AND r.state IN ('equal', 'different')
          AND r.since <= d.begins AND r.until >= d.ends AND r.days -> d.day::text -> 'unanswered' IS NULL
        ORDER BY r.finished_at DESC LIMIT 1) run ON true
 WHERE d.begins <= :now
   AND (run.days IS NOT NULL OR a.is_in_use AND a.created_at < d.ends
        OR EXISTS (SELECT FROM payments p
                    WHERE p.tenant_id = a.tenant_id AND p.gateway_account_id = a.id AND p.status = 'succeeded'
                      AND p.paid_at >= d.begins AND p.paid_at < d.ends))
 GROUP BY 1
"""
_LINES = f"""
SELECT currency, key, sum(received_minor)::bigint, sum(given_minor)::bigint, sum(net_minor)::bigint
  FROM ({_HERE}) h GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - names of our own


def run(reader: Session, asked: Asked) -> Result:
    """A line for each gateway that has an account here."""
    values = span_values(asked, asked.period) | {"first": asked.period.first, "last": asked.period.last}
    here = {(row[0], row[1]): row[2:] for row in standing.fetch(reader, _LINES, values)}
    there = {row[0]: row[1:] for row in standing.fetch(reader, _THERE, values)}
    wanted = {*here, *((asked.currency, gateway) for gateway in there)}
    rows = [_line(key, here.get(key, (0, 0, 0)), there.get(key[1])) for key in sorted(wanted)]
    made = standing.tables(
        rows, COLUMNS, asked.currency, heading="Gateway", charted=2, total=_total if rows else None
    )
    return Result(
        asked, made, ["Payments by the day they were paid, less what was given back of them since."]
    )


def _line(key: tuple[str, str], here: tuple[Any, ...], there: tuple[Any, ...] | None) -> tuple[Any, ...]:
    currency, gateway = key
    days, checked, net_there = there or (0, 0, 0)
    is_complete = bool(days) and days == checked
    theirs = int(net_there) if is_complete else None
    difference = here[2] - theirs if theirs is not None else None
    label = GATEWAY_LABELS.get(gateway, gateway)
    return (currency, gateway, label, *here, theirs, difference, _said(days, checked, difference))


def _said(days: int, checked: int, difference: int | None) -> str:
    if difference is not None:
        return "Equal" if difference == 0 else "Different: look at the comparison"
    return f"{checked} of {days} days compared" if checked else "Not reconciled yet"


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
