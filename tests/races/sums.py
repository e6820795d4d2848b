"""Every sum that the database keeps beside the rows it is the sum of: what differs is named."""

from uuid import UUID

import psycopg

LIVE = "('pending', 'confirmed', 'completed', 'no_show')"
RESERVING = "('approved', 'processing', 'succeeded')"

# Around each query; PostgreSQL carries the tenant down to the tables' keys.
OF_TENANT = "SELECT true FROM ({}) wrong WHERE tenant_id = %(tenant)s LIMIT 1"
OF_ALL = "SELECT true FROM ({}) wrong LIMIT 1"
# name → a query for the tenants and ids whose kept sum is not the sum of the rows
SUMS = {
    "schedules.seats_taken": f"""
        SELECT s.tenant_id, s.id FROM schedules s WHERE s.seats_taken <> (
            SELECT COALESCE(sum(b.seats), 0) FROM bookings b
             WHERE (b.tenant_id, b.schedule_id) = (s.tenant_id, s.id) AND b.status IN {LIVE})""",
    "bookings.seats": """
        SELECT b.tenant_id, b.id FROM bookings b WHERE b.seats <> (
            SELECT count(*) FROM attendees a
             WHERE (a.tenant_id, a.booking_id) = (b.tenant_id, b.id) AND a.cancelled_at IS NULL)""",
    "bookings.unnamed_places": """
        SELECT b.tenant_id, b.id FROM bookings b WHERE b.unnamed_places <> (
            SELECT count(*) FROM attendees a
             WHERE (a.tenant_id, a.booking_id) = (b.tenant_id, b.id)
               AND a.cancelled_at IS NULL AND a.first_name = '' AND a.last_name = '')""",
    "bookings.total_minor": """
        SELECT b.tenant_id, b.id FROM bookings b WHERE (b.total_minor, b.discount_minor) <> (
            SELECT COALESCE(sum(price_minor - discount_minor + adjustment_minor), 0),
                   COALESCE(sum(discount_minor), 0)
              FROM attendees a WHERE (a.tenant_id, a.booking_id) = (b.tenant_id, b.id) AND a.cancelled_at IS NULL)""",
    "bookings.paid_minor": """
        SELECT b.tenant_id, b.id FROM bookings b WHERE b.paid_minor <> (
            SELECT COALESCE(sum(a.amount_minor), 0) FROM allocations a
              JOIN payments p ON (p.tenant_id, p.id) = (a.tenant_id, a.payment_id)
             WHERE (a.tenant_id, a.booking_id) = (b.tenant_id, b.id) AND p.status = 'succeeded')""",
    "bookings.refunded_minor": """
        SELECT b.tenant_id, b.id FROM bookings b WHERE b.refunded_minor <> (
            SELECT COALESCE(sum(r.amount_minor), 0) FROM refunds r
             WHERE (r.tenant_id, r.booking_id) = (b.tenant_id, b.id) AND r.status = 'succeeded')""",
    "payments.allocated_minor": """
        SELECT p.tenant_id, p.id FROM payments p WHERE p.allocated_minor <> (
            SELECT COALESCE(sum(a.amount_minor), 0) FROM allocations a
             WHERE (a.tenant_id, a.payment_id) = (p.tenant_id, p.id))""",
    "payments.refunded_minor": f"""
        SELECT p.tenant_id, p.id FROM payments p WHERE p.refunded_minor <> (
            SELECT COALESCE(sum(r.amount_minor), 0) FROM refunds r
             WHERE (r.tenant_id, r.payment_id) = (p.tenant_id, p.id) AND r.status IN {RESERVING})""",
    "discount_codes.times_used": f"""
        SELECT c.tenant_id, c.id FROM discount_codes c WHERE c.times_used <> (
            SELECT count(*) FROM bookings b
             WHERE (b.tenant_id, b.discount_code_id) = (c.tenant_id, c.id) AND b.status IN {LIVE})""",
    "credit_balances.balance_minor": """
        SELECT e.tenant_id, e.customer_id FROM credit_entries e
          LEFT JOIN credit_balances b USING (tenant_id, customer_id, currency)
         GROUP BY e.tenant_id, e.customer_id, e.currency, b.balance_minor
        HAVING sum(e.amount_minor) IS DISTINCT FROM b.balance_minor
         UNION ALL
        SELECT b.tenant_id, b.customer_id FROM credit_balances b WHERE b.balance_minor <> 0 AND NOT EXISTS (
            SELECT FROM credit_entries e WHERE (e.tenant_id, e.customer_id, e.currency)
                                             = (b.tenant_id, b.customer_id, b.currency))""",
    "payments.by_credit": """
        SELECT p.tenant_id, p.id FROM payments p LEFT JOIN credit_entries e ON (e.tenant_id, e.payment_id) = (p.tenant_id, p.id)
         WHERE (p.method = 'credit' AND p.status = 'succeeded' AND e.amount_minor IS DISTINCT FROM -p.amount_minor)
            OR (p.method <> 'credit' AND e.id IS NOT NULL)""",
    "refunds.as_credit": """
        SELECT r.tenant_id, r.id FROM refunds r LEFT JOIN credit_entries e ON (e.tenant_id, e.refund_id) = (r.tenant_id, r.id)
         WHERE (r.route = 'credit' AND r.status = 'succeeded' AND e.amount_minor IS DISTINCT FROM r.amount_minor)
            OR (r.route <> 'credit' AND e.id IS NOT NULL)""",
    "attendees.holds_place": f"""
        SELECT a.tenant_id, a.id FROM attendees a JOIN bookings b ON (b.tenant_id, b.id) = (a.tenant_id, a.booking_id)
         WHERE a.holds_place <> (a.cancelled_at IS NULL AND b.status IN {LIVE})
            OR a.schedule_id <> b.schedule_id""",
    "bookings.starts_at": """
        SELECT b.tenant_id, b.id FROM bookings b JOIN schedules s ON (s.tenant_id, s.id) = (b.tenant_id, b.schedule_id)
         WHERE b.starts_at <> s.starts_at""",
}


def that_differ(owner_url: str) -> list[str]:
    """The kept sums that are wrong somewhere in the database; the owner sees every tenant."""
    with psycopg.connect(owner_url) as connection:
        return differing(connection)


def differing(owner: psycopg.Connection, tenant_id: UUID | None = None) -> list[str]:
    """The kept sums that are wrong, of one tenant or, without one, of all."""
    around = OF_TENANT if tenant_id else OF_ALL
    values = {"tenant": tenant_id}
    return [name for name, query in SUMS.items() if owner.execute(around.format(query), values).fetchone()]
