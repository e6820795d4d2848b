"""The lines that every report of revenue adds up: one for each allocation, rest, refund or booking. Plain SQL.

A basis says which day a line belongs to. Each line has currency, day, at, kind, payment_id, booking_id, refund_id,
method, gross_minor (in), refunded_minor (out) and places. `:zone` is the provider's time zone, `:begin` and `:end`
are the instants it runs between, `:now` is this moment (UTC).
"""

from __future__ import annotations

PAID, BOOKED, TAUGHT = "paid", "booked", "taught"
BASES = {PAID: "paid on", BOOKED: "booked on", TAUGHT: "taught on"}

# What was received, by the booking it pays; the rest of a payment is for no booking. Credit was received long before.
_PAID = """
SELECT p.tenant_id, p.currency, (p.paid_at AT TIME ZONE :zone)::date AS day, p.paid_at AS at, 'payment' AS kind,
       p.id AS payment_id, a.booking_id, NULL::uuid AS refund_id, p.method, a.amount_minor AS gross_minor,
       0::bigint AS refunded_minor, 0 AS places
  FROM payments p JOIN allocations a ON a.tenant_id = p.tenant_id AND a.payment_id = p.id
 WHERE p.status = 'succeeded' AND p.method <> 'credit' AND p.paid_at >= :begin AND p.paid_at < :end
UNION ALL
SELECT p.tenant_id, p.currency, (p.paid_at AT TIME ZONE :zone)::date, p.paid_at, 'rest', p.id, NULL, NULL, p.method,
       p.amount_minor - p.allocated_minor, 0, 0
  FROM payments p
 WHERE p.status = 'succeeded' AND p.method <> 'credit' AND p.paid_at >= :begin AND p.paid_at < :end
   AND p.allocated_minor < p.amount_minor
UNION ALL
SELECT r.tenant_id, r.currency, (r.succeeded_at AT TIME ZONE :zone)::date, r.succeeded_at, 'refund', r.payment_id,
       r.booking_id, r.id, p.method, 0, r.amount_minor, 0
  FROM refunds r JOIN payments p ON p.tenant_id = r.tenant_id AND p.id = r.payment_id
 WHERE r.status = 'succeeded' AND r.route <> 'credit' AND r.succeeded_at >= :begin AND r.succeeded_at < :end
"""

_BOOKED = """
SELECT b.tenant_id, b.currency, (b.booked_at AT TIME ZONE :zone)::date AS day, b.booked_at AS at, 'booking' AS kind,
       NULL::uuid AS payment_id, b.id AS booking_id, NULL::uuid AS refund_id, b.payment_method AS method,
       b.total_minor AS gross_minor, 0::bigint AS refunded_minor, b.seats AS places
  FROM bookings b
 WHERE b.status IN ('pending', 'confirmed', 'completed', 'no_show') AND b.booked_at >= :begin AND b.booked_at < :end
"""

# By the date's last hour: what has ended, or was marked as completed.
_TAUGHT = """
SELECT b.tenant_id, b.currency, (s.ends_at AT TIME ZONE :zone)::date AS day, s.ends_at AS at, 'booking' AS kind,
       NULL::uuid AS payment_id, b.id AS booking_id, NULL::uuid AS refund_id, b.payment_method AS method,
       b.total_minor AS gross_minor, 0::bigint AS refunded_minor, b.seats AS places
  FROM schedules s JOIN bookings b ON b.tenant_id = s.tenant_id AND b.schedule_id = s.id
 WHERE b.status IN ('pending', 'confirmed', 'completed', 'no_show') AND s.ends_at >= :begin AND s.ends_at < :end
   AND (s.status = 'completed' OR s.status = 'published' AND s.ends_at <= :now)
"""
LINES = {PAID: _PAID, BOOKED: _BOOKED, TAUGHT: _TAUGHT}

# The share of VAT in a booking's price, by the rates its places were sold at. Each line is rounded on its own, so
# that lines add up to their totals.
_SHARE = """
       sum(n.net * a.vat_rate_bp / (10000.0 + a.vat_rate_bp)) FILTER (WHERE a.vat_rate_bp > 0) AS vat, sum(n.net) AS net
  FROM attendees a, LATERAL (SELECT a.price_minor - a.discount_minor + a.adjustment_minor AS net) n
"""
_VAT = f"""
  LEFT JOIN LATERAL (SELECT {_SHARE} WHERE a.tenant_id = l.tenant_id AND a.booking_id = l.booking_id) v ON true
"""  # noqa: S608 - names of our own
# The same in one pass over all bookings: for so many lines that a look-up for each would cost more.
_VAT_OF_MANY = f"""
  LEFT JOIN (SELECT a.tenant_id, a.booking_id, {_SHARE} GROUP BY 1, 2 HAVING bool_or(a.vat_rate_bp > 0)) v
    ON v.tenant_id = l.tenant_id AND v.booking_id = l.booking_id
"""  # noqa: S608 - names of our own
VAT_MINOR = """
CASE WHEN v.net > 0 AND v.vat > 0
     THEN round(l.gross_minor * v.vat / v.net)::bigint - round(l.refunded_minor * v.vat / v.net)::bigint
     ELSE 0 END
"""
# Who teaches first on the first day; the lead before those who help.
_TEACHER = """
(SELECT i.instructor_id
   FROM schedule_days d JOIN schedule_day_instructors i ON i.tenant_id = d.tenant_id AND i.schedule_day_id = d.id
  WHERE d.tenant_id = g.tenant_id AND d.schedule_id = g.schedule_id
  ORDER BY d.starts_at, d.day_number, i.duty = 'lead' DESC, i.id LIMIT 1)
"""

# dimension → (what the lines are grouped by first, the key in words of SQL over that group).
# "-" is money that is for no booking, "" a booking that has none of it.
OF_SCHEDULE = "b.schedule_id"


def _of_booking(expression: str) -> str:
    return f"CASE WHEN g.for_booking THEN coalesce({expression}, '') ELSE '-' END"


DIMENSIONS: dict[str, tuple[str, str]] = {
    "all": ("l.day AS day", "''"),
    "source": ("b.source AS source", _of_booking("g.source")),
    "code": ("b.discount_code_id AS code_id", _of_booking("g.code_id::text")),
    "method": ("l.method AS method", "g.method"),
    "course": (f"{OF_SCHEDULE} AS schedule_id", _of_booking("s.course_id::text")),
    "venue": (f"{OF_SCHEDULE} AS schedule_id", _of_booking("s.venue_id::text")),
    "instructor": (f"{OF_SCHEDULE} AS schedule_id", _of_booking(f"{_TEACHER}::text")),
}
SUMS = ("gross_minor", "refunded_minor", "vat_minor", "bookings", "places")

_JOINED = " LEFT JOIN schedules s ON s.tenant_id = g.tenant_id AND s.id = g.schedule_id"


def detailed(basis: str, *, are_many: bool = False) -> str:
    """A SELECT of the basis's lines with booking `b` and VAT `v` joined: FROM and what follows it."""
    return (
        f"FROM ({LINES[basis]}) l LEFT JOIN bookings b ON b.tenant_id = l.tenant_id AND b.id = l.booking_id "
        f"{_VAT_OF_MANY if are_many else _VAT}"
    )


def grouped(basis: str, *columns: str, are_many: bool = False) -> str:
    """The lines summed by columns such as "b.source AS source": a SELECT."""
    wanted = list(dict.fromkeys((*columns, "l.booking_id IS NOT NULL AS for_booking")))
    by = ", ".join(column.rpartition(" AS ")[0] for column in wanted)
    return (
        f"SELECT l.tenant_id, l.currency, {', '.join(wanted)}, sum(l.gross_minor) AS gross_minor, "  # noqa: S608
        f"sum(l.refunded_minor) AS refunded_minor, sum({VAT_MINOR}) AS vat_minor, "
        f"count(*) FILTER (WHERE l.kind = 'booking') AS bookings, sum(l.places) AS places "
        f"{detailed(basis, are_many=are_many)} GROUP BY l.tenant_id, l.currency, {by}"
    )


def by_dimension(basis: str, dimension: str, *, are_many: bool = False) -> str:
    """(currency, key, the SUMS) of the lines between :begin and :end; `are_many` chooses the way, not the figures."""
    column, key = DIMENSIONS[dimension]
    if dimension == "all":
        key = "to_char(g.day, 'YYYY-MM')"
    joined = _JOINED if OF_SCHEDULE in column else ""
    sums = ", ".join(f"sum(g.{name})::bigint AS {name}" for name in SUMS)
    return (
        f"SELECT g.currency, {key} AS key, {sums} "  # noqa: S608
        f"FROM ({grouped(basis, column, are_many=are_many)}) g{joined} GROUP BY 1, 2"
    )


def by_day_and_dimension(basis: str, *, are_many: bool = False) -> str:
    """(day, currency, dimension, key, the SUMS): every dimension in one pass over the lines."""
    columns = ["l.day AS day", *(column for name, (column, _) in DIMENSIONS.items() if name != "all")]
    names = [name for name in DIMENSIONS if name != "all"]
    keys = ", ".join(f"{DIMENSIONS[name][1]} AS {name}_key" for name in names)
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)
    sets = ", ".join(["(day, currency)", *(f"(day, currency, {name}_key)" for name in names)])
    words = " ".join(f"WHEN grouping({name}_key) = 0 THEN '{name}'" for name in names)
    return (
        f"WITH g AS MATERIALIZED ({grouped(basis, *columns, are_many=are_many)}), "  # noqa: S608
        f"keyed AS (SELECT g.day, g.currency, {keys}, {', '.join(f'g.{name}' for name in SUMS)} FROM g{_JOINED}) "
        f"SELECT day, currency, CASE {words} ELSE 'all' END AS dimension, "
        f"coalesce({', '.join(f'{name}_key' for name in names)}, '') AS key, {sums} "
        f"FROM keyed GROUP BY GROUPING SETS ({sets})"
    )
