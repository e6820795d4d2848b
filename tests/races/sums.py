"""Every sum that the database keeps beside the rows it is the sum of: what differs is named."""

import psycopg

LIVE = "('pending', 'confirmed', 'completed', 'no_show')"
RESERVING = "('approved', 'processing', 'succeeded')"

# name → a query for the ids whose kept sum is not the sum of the rows
SUMS = {
    "schedules.seats_taken": f"""
        SELECT s.id FROM schedules s WHERE s.seats_taken <> (
            SELECT COALESCE(sum(b.seats), 0) FROM bookings b WHERE b.schedule_id = s.id AND b.status IN {LIVE})""",
    "bookings.seats": """
        SELECT b.id FROM bookings b WHERE b.seats <> (
            SELECT count(*) FROM attendees a WHERE a.booking_id = b.id AND a.cancelled_at IS NULL)""",
    "bookings.unnamed_places": """
        SELECT b.id FROM bookings b WHERE b.unnamed_places <> (
            SELECT count(*) FROM attendees a
             WHERE a.booking_id = b.id AND a.cancelled_at IS NULL AND a.first_name = '' AND a.last_name = '')""",
    "bookings.total_minor": """
        SELECT b.id FROM bookings b WHERE (b.total_minor, b.discount_minor) <> (
            SELECT COALESCE(sum(price_minor - discount_minor + adjustment_minor), 0),
                   COALESCE(sum(discount_minor), 0)
              FROM attendees a WHERE a.booking_id = b.id AND a.cancelled_at IS NULL)""",
    "bookings.paid_minor": """
        SELECT b.id FROM bookings b WHERE b.paid_minor <> (
            SELECT COALESCE(sum(a.amount_minor), 0) FROM allocations a JOIN payments p ON p.id = a.payment_id
             WHERE a.booking_id = b.id AND p.status = 'succeeded')""",
    "bookings.refunded_minor": """
        SELECT b.id FROM bookings b WHERE b.refunded_minor <> (
            SELECT COALESCE(sum(r.amount_minor), 0) FROM refunds r
             WHERE r.booking_id = b.id AND r.status = 'succeeded')""",
    "payments.allocated_minor": """
        SELECT p.id FROM payments p WHERE p.allocated_minor <> (
            SELECT COALESCE(sum(a.amount_minor), 0) FROM allocations a WHERE a.payment_id = p.id)""",
    "payments.refunded_minor": f"""
        SELECT p.id FROM payments p WHERE p.refunded_minor <> (
            SELECT COALESCE(sum(r.amount_minor), 0) FROM refunds r
             WHERE r.payment_id = p.id AND r.status IN {RESERVING})""",
    "discount_codes.times_used": f"""
        SELECT c.id FROM discount_codes c WHERE c.times_used <> (
            SELECT count(*) FROM bookings b WHERE b.discount_code_id = c.id AND b.status IN {LIVE})""",
    "attendees.holds_place": f"""
        SELECT a.id FROM attendees a JOIN bookings b ON b.id = a.booking_id
         WHERE a.holds_place <> (a.cancelled_at IS NULL AND b.status IN {LIVE})
            OR a.schedule_id <> b.schedule_id""",
    "bookings.starts_at": """
        SELECT b.id FROM bookings b JOIN schedules s ON s.id = b.schedule_id
         WHERE b.starts_at <> s.starts_at""",
}


def that_differ(owner_url: str) -> list[str]:
    """The kept sums that are wrong somewhere in the database; the owner sees every tenant."""
    with psycopg.connect(owner_url) as connection:
        return [name for name, query in SUMS.items() if connection.execute(query).fetchone()]
