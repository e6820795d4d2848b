"""The rows behind a figure of revenue: payments' parts, refunds or bookings, which add up to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.services.reports import periods
from backoffice.services.reports.figures import span_values
from backoffice.services.reports.keys import known_key
from backoffice.services.reports.lines import BASES, PAID, VAT_MINOR, detailed
from backoffice.services.reports.tables import COUNT, INSTANT, TEXT, Asked, Column, Detail

_TEACHER = """
(SELECT i.instructor_id
   FROM schedule_days d JOIN schedule_day_instructors i ON i.tenant_id = d.tenant_id AND i.schedule_day_id = d.id
  WHERE d.tenant_id = s.tenant_id AND d.schedule_id = s.id
  ORDER BY d.starts_at, d.day_number, i.duty = 'lead' DESC, i.id LIMIT 1)
"""
# What a key of a dimension is compared with; both as text.
_COMPARED = {
    "course": "s.course_id",
    "type": "c.course_type_id",
    "venue": "s.venue_id",
    "instructor": _TEACHER,
    "source": "b.source",
    "code": "b.discount_code_id",
}
_WORDS = "CASE l.kind WHEN 'payment' THEN 'Payment' WHEN 'refund' THEN 'Refund' WHEN 'rest' THEN 'Rest' ELSE 'Booking' END"

_ROWS = """
SELECT CASE l.kind WHEN 'refund' THEN 'refunds' WHEN 'booking' THEN 'bookings' ELSE 'payments' END AS link_kind,
       coalesce(l.refund_id, l.payment_id, l.booking_id) AS link_id, l.at, {words} AS kind,
       coalesce(r.reference, p.reference, b.reference) AS reference, b.reference AS booking,
       trim(u.first_name || ' ' || u.last_name) AS customer, c.title AS course, l.method,
       l.gross_minor, l.refunded_minor, l.gross_minor - l.refunded_minor AS net_minor, {vat} AS vat_minor, l.places
  {lines}
  LEFT JOIN schedules s ON s.tenant_id = b.tenant_id AND s.id = b.schedule_id
  LEFT JOIN courses c ON c.tenant_id = s.tenant_id AND c.id = s.course_id
  LEFT JOIN payments p ON p.tenant_id = l.tenant_id AND p.id = l.payment_id
  LEFT JOIN refunds r ON r.tenant_id = l.tenant_id AND r.id = l.refund_id
  LEFT JOIN users u ON u.tenant_id = l.tenant_id AND u.id = coalesce(b.customer_id, p.customer_id)
 WHERE l.currency = :currency AND {criterion}
"""
_HEAD = (Column("When", INSTANT, "at"), Column("What", TEXT, "kind"), Column("Reference", TEXT, "reference"))
_WHO = (
    Column("Booking", TEXT, "booking"),
    Column("Customer", TEXT, "customer"),
    Column("Course", TEXT, "course"),
    Column("Paid by", TEXT, "method"),
)
PAID_ROWS = (
    *_HEAD,
    *_WHO,
    Column("Received", name="gross_minor"),
    Column("Given back", name="refunded_minor"),
    Column("Net", name="net_minor"),
    Column("VAT", name="vat_minor"),
)
SOLD_ROWS = (
    Column("When", INSTANT, "at"),
    *_WHO,
    Column("Places", COUNT, "places"),
    Column("Value", name="gross_minor"),
    Column("VAT", name="vat_minor"),
)


def detail_of(dimension: str, reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The lines behind a key's figures; without a key, all of the period. Raises NotFound for a malformed key."""
    period, criterion, values = asked.period, "true", dict[str, Any]()
    if key is not None and dimension == "month":
        period = _within(period, key)
    elif key is not None:
        criterion, values = _criterion(dimension, key)
    is_paid = asked.basis == PAID
    sql = _ROWS.format(words=_WORDS, vat=VAT_MINOR, lines=detailed(asked.basis), criterion=criterion)
    return Detail(
        f"{BASES[asked.basis].capitalize()} {period}",
        PAID_ROWS if is_paid else SOLD_ROWS,
        sql,
        span_values(asked, period) | values | {"currency": currency},
        currency,
        "net_minor" if is_paid else "gross_minor",
        "at, link_id, booking",
    )


def _within(period: periods.Period, key: str) -> periods.Period:
    months = period.months()
    if key not in months:
        raise NotFound("This month is not in the report.")
    return period.within_month(key)


def _criterion(dimension: str, key: str) -> tuple[str, dict[str, Any]]:
    if dimension == "method":
        return "l.method = :key", {"key": key}
    if key == "-":
        return "l.booking_id IS NULL", {}
    compared = _COMPARED[dimension]
    if key == "":
        return f"l.booking_id IS NOT NULL AND {compared} IS NULL", {}
    return f"{compared}::text = :key", {"key": known_key(dimension, key)}
