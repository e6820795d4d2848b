"""Keep the sums of places: attendees in a booking, live bookings on a date, live uses of a code.

The counters are columns that the program may not write. The date's counter is changed at COMMIT, where its row lock is held
shortest, by adding the difference: a recount in the same statement as the update oversells under READ COMMITTED.
"""

from alembic import op
from tables import definer

revision = "202611210336"
down_revision = "202611210335"
branch_labels = None
depends_on = None

COPY_START = """
BEGIN
    SELECT starts_at INTO NEW.starts_at FROM schedules
     WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id;
    RETURN NEW;
END
"""

MOVE_START = """
BEGIN
    UPDATE bookings SET starts_at = NEW.starts_at
     WHERE tenant_id = NEW.tenant_id AND schedule_id = NEW.id AND starts_at <> NEW.starts_at;
    RETURN NULL;
END
"""

COPY_BOOKING = """
BEGIN
    SELECT schedule_id, status IN ('pending', 'confirmed', 'completed', 'no_show') AND NEW.cancelled_at IS NULL
      INTO NEW.schedule_id, NEW.holds_place FROM bookings
     WHERE tenant_id = NEW.tenant_id AND id = NEW.booking_id;
    RETURN NEW;
END
"""

FOLLOW_BOOKING = """
BEGIN
    UPDATE attendees
       SET schedule_id = NEW.schedule_id,
           holds_place = cancelled_at IS NULL
                         AND NEW.status IN ('pending', 'confirmed', 'completed', 'no_show')
     WHERE tenant_id = NEW.tenant_id AND booking_id = NEW.id;
    RETURN NULL;
END
"""

# Transition tables: one statement that writes n attendees changes the booking once.
SUM_ATTENDEES = """
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE bookings b SET seats = b.seats + d.seats, total_minor = b.total_minor + d.net,
               discount_minor = b.discount_minor + d.discount
          FROM (SELECT tenant_id, booking_id, count(*) AS seats, sum(discount_minor) AS discount,
                       sum(price_minor - discount_minor + adjustment_minor) AS net
                  FROM new_rows WHERE cancelled_at IS NULL GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE bookings b SET seats = b.seats - d.seats, total_minor = b.total_minor - d.net,
               discount_minor = b.discount_minor - d.discount
          FROM (SELECT tenant_id, booking_id, count(*) AS seats, sum(discount_minor) AS discount,
                       sum(price_minor - discount_minor + adjustment_minor) AS net
                  FROM old_rows WHERE cancelled_at IS NULL GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id;
    ELSE
        UPDATE bookings b SET seats = b.seats + d.seats, total_minor = b.total_minor + d.net,
               discount_minor = b.discount_minor + d.discount
          FROM (SELECT tenant_id, booking_id, sum(seats) AS seats, sum(discount) AS discount, sum(net) AS net
                  FROM (SELECT tenant_id, booking_id, 1 AS seats, discount_minor AS discount,
                               price_minor - discount_minor + adjustment_minor AS net
                          FROM new_rows WHERE cancelled_at IS NULL
                        UNION ALL
                        SELECT tenant_id, booking_id, -1, -discount_minor,
                               -(price_minor - discount_minor + adjustment_minor)
                          FROM old_rows WHERE cancelled_at IS NULL) both_sides
                 GROUP BY 1, 2) d
         WHERE b.tenant_id = d.tenant_id AND b.id = d.booking_id
           AND (d.seats <> 0 OR d.net <> 0 OR d.discount <> 0);
    END IF;
    RETURN NULL;
END
"""

# Two dates of one change are taken in the order of their ids, as every other change of two dates does.
TAKE_SEATS = """
DECLARE
    given_back integer := 0;
    taken integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        given_back := OLD.seats;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        taken := NEW.seats;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.schedule_id <> NEW.schedule_id THEN
        PERFORM 1 FROM schedules
          WHERE tenant_id = NEW.tenant_id AND id IN (OLD.schedule_id, NEW.schedule_id)
          ORDER BY id FOR NO KEY UPDATE;
        UPDATE schedules SET seats_taken = seats_taken - given_back
         WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_id AND given_back <> 0;
        UPDATE schedules SET seats_taken = seats_taken + taken
         WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id AND taken <> 0;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE schedules SET seats_taken = seats_taken - given_back
         WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_id AND given_back <> 0;
    ELSIF taken <> given_back THEN
        UPDATE schedules SET seats_taken = seats_taken + taken - given_back
         WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id;
    END IF;
    RETURN NULL;
END
"""

COUNT_CODE = """
DECLARE
    old_code uuid;
    new_code uuid;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        old_code := OLD.discount_code_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status IN ('pending', 'confirmed', 'completed', 'no_show') THEN
        new_code := NEW.discount_code_id;
    END IF;
    IF old_code IS DISTINCT FROM new_code THEN
        UPDATE discount_codes SET times_used = times_used - 1
         WHERE tenant_id = COALESCE(OLD.tenant_id, NEW.tenant_id) AND id = old_code;
        UPDATE discount_codes SET times_used = times_used + 1
         WHERE tenant_id = COALESCE(NEW.tenant_id, OLD.tenant_id) AND id = new_code;
    END IF;
    RETURN NULL;
END
"""

FUNCTIONS = {
    "copy_start_to_booking": COPY_START,
    "move_start_of_bookings": MOVE_START,
    "copy_booking_to_attendee": COPY_BOOKING,
    "let_attendees_follow": FOLLOW_BOOKING,
    "sum_attendees": SUM_ATTENDEES,
    "take_seats": TAKE_SEATS,
    "count_code": COUNT_CODE,
}

TRIGGERS = (
    (
        "bookings",
        "copy_start",
        "BEFORE INSERT OR UPDATE OF schedule_id ON bookings FOR EACH ROW EXECUTE FUNCTION copy_start_to_booking()",
    ),
    (
        "schedules",
        "move_start",
        "AFTER UPDATE OF starts_at ON schedules FOR EACH ROW "
        "WHEN (OLD.starts_at <> NEW.starts_at) EXECUTE FUNCTION move_start_of_bookings()",
    ),
    (
        "attendees",
        "copy_booking",
        "BEFORE INSERT OR UPDATE OF cancelled_at, booking_id ON attendees FOR EACH ROW "
        "EXECUTE FUNCTION copy_booking_to_attendee()",
    ),
    (
        "bookings",
        "let_attendees_follow",
        "AFTER UPDATE OF status, schedule_id ON bookings FOR EACH ROW "
        "WHEN (OLD.status <> NEW.status OR OLD.schedule_id <> NEW.schedule_id) "
        "EXECUTE FUNCTION let_attendees_follow()",
    ),
    (
        "attendees",
        "sum_inserted",
        "AFTER INSERT ON attendees REFERENCING NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION sum_attendees()",
    ),
    (
        "attendees",
        "sum_updated",
        "AFTER UPDATE ON attendees REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION sum_attendees()",
    ),
    (
        "attendees",
        "sum_deleted",
        "AFTER DELETE ON attendees REFERENCING OLD TABLE AS old_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION sum_attendees()",
    ),
)

# A booking is inserted with no places yet; its attendees bring them. Nothing is queued for the empty insert.
AT_COMMIT = (
    ("take_seats_inserted", "INSERT", "NEW.seats <> 0", "take_seats"),
    (
        "take_seats_updated",
        "UPDATE",
        "(OLD.seats, OLD.status, OLD.schedule_id) IS DISTINCT FROM (NEW.seats, NEW.status, NEW.schedule_id)",
        "take_seats",
    ),
    ("take_seats_deleted", "DELETE", "OLD.seats <> 0", "take_seats"),
    ("use_code_inserted", "INSERT", "NEW.discount_code_id IS NOT NULL", "count_code"),
    (
        "use_code_updated",
        "UPDATE",
        "(OLD.discount_code_id, OLD.status) IS DISTINCT FROM (NEW.discount_code_id, NEW.status) "
        "AND (OLD.discount_code_id IS NOT NULL OR NEW.discount_code_id IS NOT NULL)",
        "count_code",
    ),
    ("use_code_deleted", "DELETE", "OLD.discount_code_id IS NOT NULL", "count_code"),
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        definer(name, body)
    for _, name, rest in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {rest}")
    for name, event, when, function in AT_COMMIT:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON bookings DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {function}()"
        )


def downgrade() -> None:
    for name, *_ in reversed(AT_COMMIT):
        op.execute(f"DROP TRIGGER {name} ON bookings")
    for table, name, _ in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
