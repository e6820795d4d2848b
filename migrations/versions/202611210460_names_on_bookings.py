"""Keep on each booking how many of its places lack a name: the office asks before each date.

Asked of the attendees, a list sorted by booking read them for every booking of a million. The number is one more of the sums that
the attendees' trigger writes in the statement it runs anyway; a booking whose names are all there is in none of the indexes.
"""

from alembic import op

revision = "202611210460"
down_revision = "202611210451"
branch_labels = None
depends_on = None

# The trigger's function as it was, with places for what is new.
SUM_ATTENDEES = """
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE bookings b SET seats = b.seats + d.seats, total_minor = b.total_minor + d.net,
               discount_minor = b.discount_minor + d.discount{changed}
          FROM (SELECT tenant_id, booking_id, count(*) AS seats, sum(discount_minor) AS discount,
                       sum(price_minor - discount_minor + adjustment_minor) AS net{counted}
                  FROM new_rows WHERE cancelled_at IS NULL GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE bookings b SET seats = b.seats - d.seats, total_minor = b.total_minor - d.net,
               discount_minor = b.discount_minor - d.discount{left}
          FROM (SELECT tenant_id, booking_id, count(*) AS seats, sum(discount_minor) AS discount,
                       sum(price_minor - discount_minor + adjustment_minor) AS net{counted}
                  FROM old_rows WHERE cancelled_at IS NULL GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id;
    ELSE
        UPDATE bookings b SET seats = b.seats + d.seats, total_minor = b.total_minor + d.net,
               discount_minor = b.discount_minor + d.discount{changed}
          FROM (SELECT tenant_id, booking_id, sum(seats) AS seats, sum(discount) AS discount, sum(net) AS net{summed}
                  FROM (SELECT tenant_id, booking_id, 1 AS seats, discount_minor AS discount,
                               price_minor - discount_minor + adjustment_minor AS net{came}
                          FROM new_rows WHERE cancelled_at IS NULL
                        UNION ALL
                        SELECT tenant_id, booking_id, -1, -discount_minor,
                               -(price_minor - discount_minor + adjustment_minor){went}
                          FROM old_rows WHERE cancelled_at IS NULL) both_sides
                 GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id
           AND (d.seats <> 0 OR d.net <> 0 OR d.discount <> 0{differs});
    END IF;
    RETURN NULL;
END
"""

# What the function says of names; nothing of it was there before.
NAMELESS = "first_name = '' AND last_name = ''"
NAMES = {
    "changed": ", unnamed_places = b.unnamed_places + d.unnamed",
    "left": ", unnamed_places = b.unnamed_places - d.unnamed",
    "counted": f", count(*) FILTER (WHERE {NAMELESS}) AS unnamed",
    "summed": ", sum(unnamed) AS unnamed",
    "came": f", ({NAMELESS})::integer AS unnamed",
    "went": f", -({NAMELESS})::integer",
    "differs": " OR d.unnamed <> 0",
}
REPLACE = (
    "CREATE OR REPLACE FUNCTION sum_attendees() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path = pg_catalog, public AS $body$ {} $body$"
)

BACKFILL = """
UPDATE bookings b SET unnamed_places = d.unnamed
  FROM (SELECT tenant_id, booking_id, count(*) AS unnamed FROM attendees
         WHERE first_name = '' AND last_name = '' AND cancelled_at IS NULL GROUP BY 1, 2) d
 WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id
"""

# Live only: who was missing on a day that is over is no longer asked. One for each order of the list: an order without one walks the
# whole book in that order until a page is full.
INDEX = (
    "CREATE INDEX {} ON bookings (tenant_id, {}, id) "
    "WHERE unnamed_places > 0 AND status IN ('pending', 'confirmed')"
)
INDEXES = {
    "ix_bookings_unnamed_booked": "booked_at",
    "ix_bookings_unnamed_starts": "starts_at",
    "ix_bookings_unnamed_reference": "reference",
}


def upgrade() -> None:
    op.execute("ALTER TABLE bookings ADD COLUMN unnamed_places integer NOT NULL DEFAULT 0")
    op.execute(BACKFILL)
    op.execute(
        "ALTER TABLE bookings ADD CONSTRAINT ck_bookings_unnamed_places "
        "CHECK (unnamed_places BETWEEN 0 AND seats)"
    )
    op.execute(REPLACE.format(SUM_ATTENDEES.format(**NAMES)))
    for name, column in INDEXES.items():
        op.execute(INDEX.format(name, column))
    op.execute("DROP INDEX ix_attendees_unnamed")


def downgrade() -> None:
    op.execute(
        "CREATE INDEX ix_attendees_unnamed ON attendees (tenant_id, booking_id) "
        "WHERE first_name = '' AND last_name = '' AND cancelled_at IS NULL"
    )
    op.execute(REPLACE.format(SUM_ATTENDEES.format(**dict.fromkeys(NAMES, ""))))
    op.execute("ALTER TABLE bookings DROP COLUMN unnamed_places")
