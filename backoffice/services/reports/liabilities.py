"""What the provider owes: credit, money for nothing yet, and courses that are paid but not taught."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.services.reports import standing
from backoffice.services.reports.tables import COUNT, INSTANT, TEXT, Asked, Column, Detail, Report, Result

COLUMNS = (Column("Number", COUNT), Column("Owed"))
KINDS = (
    ("credit", "Customers' credit"),
    ("unallocated", "Received, not for a booking"),
    ("untaught", "Paid, not yet taught"),
)
_CREDIT = """
SELECT 'customers' AS link_kind, c.customer_id AS link_id, NULL::timestamptz AS at, '' AS reference,
       trim(u.first_name || ' ' || u.last_name) AS customer, '' AS course, c.currency, c.balance_minor AS owed_minor
  FROM credit_balances c JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.customer_id
 WHERE c.balance_minor <> 0
"""
# Less what of it is given back, or promised to be (services.left_over is the same rule).
_UNALLOCATED = """
SELECT 'payments' AS link_kind, p.id AS link_id, p.paid_at AS at, p.reference,
       trim(u.first_name || ' ' || u.last_name) AS customer, '' AS course, p.currency, left_over AS owed_minor
  FROM payments p JOIN users u ON u.tenant_id = p.tenant_id AND u.id = p.customer_id,
       LATERAL (SELECT p.amount_minor - p.allocated_minor - coalesce(sum(r.amount_minor), 0)::bigint AS left_over
                  FROM refunds r
                 WHERE r.tenant_id = p.tenant_id AND r.payment_id = p.id AND r.booking_id IS NULL
                   AND r.status IN ('approved', 'processing', 'succeeded')) l
 WHERE p.status = 'succeeded' AND p.allocated_minor < p.amount_minor AND left_over > 0
"""
# A date is taught once its last hour is over. Money that stays on a booking that is off is owed as well.
_UNTAUGHT = """
SELECT 'bookings' AS link_kind, b.id AS link_id, s.starts_at AS at, b.reference,
       trim(b.contact_first_name || ' ' || b.contact_last_name) AS customer, c.title AS course, b.currency,
       b.paid_minor - b.refunded_minor AS owed_minor
  FROM bookings b JOIN schedules s ON s.tenant_id = b.tenant_id AND s.id = b.schedule_id
  JOIN courses c ON c.tenant_id = s.tenant_id AND c.id = s.course_id
 WHERE b.starts_at > CAST(:now AS timestamptz) - interval '4 years' AND s.ends_at > :now AND s.status <> 'completed'
   AND b.paid_minor > b.refunded_minor
"""
_ROWS = {"credit": _CREDIT, "unallocated": _UNALLOCATED, "untaught": _UNTAUGHT}
_ALL = " UNION ALL ".join(f"SELECT '{kind}' AS key, x.* FROM ({sql}) x" for kind, sql in _ROWS.items())  # noqa: S608
_LINES = f"SELECT currency, key, '', count(*), sum(owed_minor)::bigint FROM ({_ALL}) a GROUP BY 1, 2"  # noqa: S608


def run(reader: Session, asked: Asked) -> Result:
    """What is owed now."""
    rows = standing.fetch(reader, _LINES, {"now": asked.now})
    made = standing.tables(rows, COLUMNS, asked.currency, heading="Owed as", charted=1, keys=KINDS)
    return Result(
        asked, made, ["As things stand now. Unpaid bookings owe nothing to anybody and are not in it."]
    )


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The rows of one kind, or of all. Raises NotFound for an unknown kind."""
    if key is not None and key not in _ROWS:
        raise NotFound("There is no such kind of liability.")
    columns = (
        Column("When", INSTANT, "at"),
        Column("Reference", TEXT, "reference"),
        Column("Customer", TEXT, "customer"),
        Column("Course", TEXT, "course"),
        Column("Owed", name="owed_minor"),
    )
    sql = f"SELECT * FROM ({_ROWS[key] if key else _ALL}) a WHERE currency = :currency"  # noqa: S608
    words = dict(KINDS).get(key or "", "All liabilities")
    values = {"now": asked.now, "currency": currency}
    return Detail(words, columns, sql, values, currency, "owed_minor", "at NULLS FIRST, link_id")


LIABILITIES = Report(
    "liabilities",
    "Liabilities",
    "Credit, money that is for no booking, and courses paid but not yet taught.",
    "Money",
    run,
    detail_of,
    has_period=False,
)
