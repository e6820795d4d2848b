"""Refunds, and what the gateways kept as their fee."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.services.reports import periods, standing
from backoffice.services.reports.figures import span_values
from backoffice.services.reports.lines import PAID
from backoffice.services.reports.tables import COUNT, INSTANT, TEXT, Asked, Column, Detail, Report, Result

# Refunds that succeeded in the period, and payments in it that cost a fee: (at, currency, …) of each.
_REFUNDS = """
SELECT r.tenant_id, r.currency, r.id, r.succeeded_at AS at, r.reference, r.booking_id, r.payment_id, r.route, r.reason,
       r.amount_minor
  FROM refunds r WHERE r.status = 'succeeded' AND r.succeeded_at >= :begin AND r.succeeded_at < :end
"""
_FEES = """
SELECT p.tenant_id, p.currency, p.id, p.paid_at AS at, p.reference, p.customer_id, p.method, p.amount_minor, p.fee_minor
  FROM payments p
 WHERE p.status = 'succeeded' AND p.fee_minor > 0 AND p.paid_at >= :begin AND p.paid_at < :end
"""
_MONTH = "to_char(at AT TIME ZONE :zone, 'YYYY-MM')"
_REFUND_LINES = f"""
SELECT currency, {_MONTH}, '', count(*),
       coalesce(sum(amount_minor) FILTER (WHERE route = 'gateway'), 0)::bigint,
       coalesce(sum(amount_minor) FILTER (WHERE route = 'hand'), 0)::bigint,
       coalesce(sum(amount_minor) FILTER (WHERE route <> 'credit'), 0)::bigint,
       coalesce(sum(amount_minor) FILTER (WHERE route = 'credit'), 0)::bigint, sum(amount_minor)::bigint
  FROM ({_REFUNDS}) r GROUP BY 1, 2
"""  # noqa: S608 - names of our own
_FEE_LINES = f"""
SELECT currency, {_MONTH}, '', count(*), sum(amount_minor)::bigint, sum(fee_minor)::bigint,
       sum(amount_minor - fee_minor)::bigint
  FROM ({_FEES}) p GROUP BY 1, 2
"""  # noqa: S608 - names of our own
REFUND_COLUMNS = (
    Column("Refunds", COUNT),
    *map(Column, ("Through gateways", "By hand", "Money given back", "Kept as credit", "All together")),
)
FEE_COLUMNS = (Column("Payments", COUNT), *map(Column, ("Received", "Fees", "After fees")))
_REFUND_ROWS = f"""
SELECT 'refunds' AS link_kind, r.id AS link_id, r.at, r.reference, b.reference AS booking,
       trim(u.first_name || ' ' || u.last_name) AS customer, r.reason, r.route, r.amount_minor
  FROM ({_REFUNDS}) r JOIN payments p ON p.tenant_id = r.tenant_id AND p.id = r.payment_id
  JOIN users u ON u.tenant_id = p.tenant_id AND u.id = p.customer_id
  LEFT JOIN bookings b ON b.tenant_id = r.tenant_id AND b.id = r.booking_id
 WHERE r.currency = :currency
"""  # noqa: S608 - names of our own
_FEE_ROWS = f"""
SELECT 'payments' AS link_kind, p.id AS link_id, p.at, p.reference,
       trim(u.first_name || ' ' || u.last_name) AS customer, p.method, p.amount_minor, p.fee_minor
  FROM ({_FEES}) p JOIN users u ON u.tenant_id = p.tenant_id AND u.id = p.customer_id
 WHERE p.currency = :currency
"""  # noqa: S608 - names of our own


def run(
    sql: str, columns: tuple[Column, ...], charted: int, remark: str, reader: Session, asked: Asked
) -> Result:
    """A line for each month of the period."""
    rows = standing.fetch(reader, sql, span_values(asked, asked.period))
    keys = [(month, periods.say_month(month)) for month in asked.period.months()]
    made = standing.tables(rows, columns, asked.currency, heading="Month", charted=charted, keys=keys)
    return Result(asked, made, [remark])


def refund_rows(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The refunds of a month, or of the whole period."""
    columns = (
        Column("When", INSTANT, "at"),
        Column("Refund", TEXT, "reference"),
        Column("Booking", TEXT, "booking"),
        Column("Customer", TEXT, "customer"),
        Column("Reason", TEXT, "reason"),
        Column("How", TEXT, "route"),
        Column("Amount", name="amount_minor"),
    )
    values = span_values(asked, within(asked, key)) | {"currency": currency}
    return Detail("Refunds", columns, _REFUND_ROWS, values, currency, "amount_minor")


def fee_rows(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The payments of a month, or of the whole period, that cost a fee."""
    columns = (
        Column("When", INSTANT, "at"),
        Column("Payment", TEXT, "reference"),
        Column("Customer", TEXT, "customer"),
        Column("Paid by", TEXT, "method"),
        Column("Received", name="amount_minor"),
        Column("Fee", name="fee_minor"),
    )
    values = span_values(asked, within(asked, key)) | {"currency": currency}
    return Detail("Payments with a fee", columns, _FEE_ROWS, values, currency, "fee_minor")


def within(asked: Asked, key: str | None) -> periods.Period:
    """The period, or a month of it. Raises NotFound for a month outside."""
    if key is None:
        return asked.period
    if key not in asked.period.months():
        raise NotFound("This month is not in the report.")
    return asked.period.within_month(key)


_REFUNDED = "Counted on the day the money left. What is kept as credit is not given back: it is owed."
_COST = "Counted on the day the payment came in. Only gateways that tell their fee are in it."
REFUNDS = Report(
    "refunds",
    "Refunds",
    "What went back, which way, month by month.",
    "Money",
    partial(run, _REFUND_LINES, REFUND_COLUMNS, 3, _REFUNDED),
    refund_rows,
    (PAID,),
)
FEES = Report(
    "fees",
    "Fees of the gateways",
    "What the gateways kept of the payments that came through them.",
    "Money",
    partial(run, _FEE_LINES, FEE_COLUMNS, 2, _COST),
    fee_rows,
    (PAID,),
)
