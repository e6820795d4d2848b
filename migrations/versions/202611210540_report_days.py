"""Create report_sums, report_days and report_marks: sums of money by day, and which of them have to be done again.

Only days that ended a day ago or longer are summed up, and whoever changes what one of them is made of writes a mark in the same
transaction: a row of its own, so that nobody waits for anybody. A transaction is never as long as half a day, so that what is
younger than that when it is written cannot be in a sum yet: taking a booking writes no mark.
"""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH, allow, definer, isolate

revision = "202611210540"
down_revision = "202611210530"
branch_labels = None
depends_on = None

OLD = "now() - interval '12 hours'"

MARK = f"""
BEGIN
    IF happened_at < {OLD} THEN
        INSERT INTO report_marks (tenant_id, id, basis, happened_at)
        VALUES (of_tenant, gen_random_uuid(), basis, happened_at);
    END IF;
END
"""

# What was paid for a booking and given back of it, by day.
MARK_MONEY = f"""
BEGIN
    INSERT INTO report_marks (tenant_id, id, basis, happened_at)
    SELECT of_tenant, gen_random_uuid(), 'paid', at
      FROM (SELECT p.paid_at AS at FROM allocations a
              JOIN payments p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id
             WHERE a.tenant_id = of_tenant AND a.booking_id = of_booking AND p.status = 'succeeded'
             UNION
            SELECT succeeded_at FROM refunds
             WHERE tenant_id = of_tenant AND booking_id = of_booking AND status = 'succeeded') days
     WHERE at < {OLD};
END
"""

# All that is counted by a date's course, venue or teacher.
MARK_SCHEDULE = f"""
BEGIN
    INSERT INTO report_marks (tenant_id, id, basis, happened_at)
    SELECT of_tenant, gen_random_uuid(), 'booked', booked_at FROM bookings
     WHERE tenant_id = of_tenant AND schedule_id = of_schedule AND booked_at < {OLD};
    INSERT INTO report_marks (tenant_id, id, basis, happened_at)
    SELECT of_tenant, gen_random_uuid(), 'taught', ends_at FROM schedules
     WHERE tenant_id = of_tenant AND id = of_schedule AND ends_at < {OLD};
    PERFORM mark_report_money(of_tenant, id) FROM bookings
      WHERE tenant_id = of_tenant AND schedule_id = of_schedule AND paid_minor > 0;
END
"""

OF_PAYMENT = f"""
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM mark_report_day(OLD.tenant_id, 'paid', OLD.paid_at); END IF;
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND NEW.paid_at IS DISTINCT FROM OLD.paid_at THEN
        PERFORM mark_report_day(NEW.tenant_id, 'paid', NEW.paid_at);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.method <> OLD.method THEN
        INSERT INTO report_marks (tenant_id, id, basis, happened_at)
        SELECT NEW.tenant_id, gen_random_uuid(), 'paid', succeeded_at FROM refunds
         WHERE tenant_id = NEW.tenant_id AND payment_id = NEW.id AND status = 'succeeded' AND succeeded_at < {OLD};
    END IF;
    RETURN NULL;
END
"""

OF_REFUND = """
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM mark_report_day(OLD.tenant_id, 'paid', OLD.succeeded_at); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM mark_report_day(NEW.tenant_id, 'paid', NEW.succeeded_at); END IF;
    RETURN NULL;
END
"""

OF_BOOKING = """
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM mark_report_day(OLD.tenant_id, 'booked', OLD.booked_at);
        PERFORM mark_report_day(OLD.tenant_id, 'taught', ends_at) FROM schedules
          WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM mark_report_day(NEW.tenant_id, 'booked', NEW.booked_at);
        PERFORM mark_report_day(NEW.tenant_id, 'taught', ends_at) FROM schedules
          WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_id;
    END IF;
    RETURN NULL;
END
"""

OF_BOOKING_MONEY = """
BEGIN
    PERFORM mark_report_money(NEW.tenant_id, NEW.id);
    RETURN NULL;
END
"""

# The share of VAT in a booking's price.
OF_ATTENDEE = """
BEGIN
    PERFORM mark_report_money(b.tenant_id, b.id), mark_report_day(b.tenant_id, 'booked', b.booked_at),
            mark_report_day(b.tenant_id, 'taught', s.ends_at)
       FROM bookings b JOIN schedules s ON s.tenant_id = b.tenant_id AND s.id = b.schedule_id
      WHERE b.tenant_id = NEW.tenant_id AND b.id = NEW.booking_id;
    RETURN NULL;
END
"""

OF_SCHEDULE = """
BEGIN
    PERFORM mark_report_day(OLD.tenant_id, 'taught', OLD.ends_at);
    PERFORM mark_report_day(NEW.tenant_id, 'taught', NEW.ends_at);
    IF NEW.course_id <> OLD.course_id OR NEW.venue_id <> OLD.venue_id THEN
        PERFORM mark_report_schedule(NEW.tenant_id, NEW.id);
    END IF;
    RETURN NULL;
END
"""

OF_DAY = """
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM mark_report_schedule(OLD.tenant_id, OLD.schedule_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM mark_report_schedule(NEW.tenant_id, NEW.schedule_id); END IF;
    RETURN NULL;
END
"""

OF_TEACHER = """
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM mark_report_schedule(OLD.tenant_id, schedule_id) FROM schedule_days
          WHERE tenant_id = OLD.tenant_id AND id = OLD.schedule_day_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM mark_report_schedule(NEW.tenant_id, schedule_id) FROM schedule_days
          WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_day_id;
    END IF;
    RETURN NULL;
END
"""

HELPERS = (
    ("mark_report_day", "of_tenant uuid, basis text, happened_at timestamptz", MARK),
    ("mark_report_money", "of_tenant uuid, of_booking uuid", MARK_MONEY),
    ("mark_report_schedule", "of_tenant uuid, of_schedule uuid", MARK_SCHEDULE),
)
FUNCTIONS = {
    "mark_of_payment": OF_PAYMENT,
    "mark_of_refund": OF_REFUND,
    "mark_of_booking": OF_BOOKING,
    "mark_of_booking_money": OF_BOOKING_MONEY,
    "mark_of_attendee": OF_ATTENDEE,
    "mark_of_schedule": OF_SCHEDULE,
    "mark_of_day": OF_DAY,
    "mark_of_teacher": OF_TEACHER,
}


def differs(columns: str) -> str:
    names = columns.split()
    old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


def both(condition: str) -> str:
    return f"({condition.replace('ROW', 'OLD')} OR {condition.replace('ROW', 'NEW')})"


# The conditions are looked at by the executor itself: on the way of a booking no function is called.
PAID = f"ROW.status = 'succeeded' AND ROW.paid_at < {OLD}"
BACK = f"ROW.status = 'succeeded' AND ROW.succeeded_at < {OLD}"
BOOKED = f"(ROW.booked_at < {OLD} OR ROW.starts_at < {OLD})"
WATCHED = {
    "payments": ("mark_of_payment", PAID, "status paid_at amount_minor allocated_minor method currency"),
    "refunds": (
        "mark_of_refund",
        BACK,
        "status succeeded_at amount_minor route booking_id payment_id currency",
    ),
    "bookings": (
        "mark_of_booking",
        BOOKED,
        "status booked_at total_minor seats schedule_id source discount_code_id payment_method currency",
    ),
}
ALWAYS = {
    "schedule_days": ("mark_of_day", "schedule_id starts_at day_number"),
    "schedule_day_instructors": ("mark_of_teacher", "schedule_day_id instructor_id duty"),
}
ON_UPDATE = (
    (
        "bookings",
        "mark_money",
        "UPDATE",
        f"OLD.paid_minor > 0 AND {differs('schedule_id source discount_code_id total_minor')}",
        "mark_of_booking_money",
    ),
    (
        "attendees",
        "mark_updated",
        "UPDATE",
        differs("price_minor discount_minor adjustment_minor vat_rate_bp booking_id"),
        "mark_of_attendee",
    ),
    # One that comes cancelled changes no sum of its booking.
    ("attendees", "mark_cancelled", "INSERT", "NEW.cancelled_at IS NOT NULL", "mark_of_attendee"),
    ("schedules", "mark_updated", "UPDATE", differs("status ends_at course_id venue_id"), "mark_of_schedule"),
)


def upgrade() -> None:
    create_tables()
    for name, arguments, body in HELPERS:
        definer(name, body, arguments=arguments, returns="void", path=SAFE_PATH)
    for name, body in FUNCTIONS.items():
        definer(name, body, path=SAFE_PATH)
    for table, (function, condition, columns) in WATCHED.items():
        trigger(table, "mark_inserted", "INSERT", condition.replace("ROW", "NEW"), function)
        trigger(table, "mark_updated", "UPDATE", f"{both(condition)} AND {differs(columns)}", function)
        trigger(table, "mark_deleted", "DELETE", condition.replace("ROW", "OLD"), function)
    for table, (function, columns) in ALWAYS.items():
        trigger(table, "mark_inserted", "INSERT", "true", function)
        trigger(table, "mark_updated", "UPDATE", differs(columns), function)
        trigger(table, "mark_deleted", "DELETE", "true", function)
    for table, name, event, condition, function in ON_UPDATE:
        trigger(table, name, event, condition, function)


def trigger(table: str, name: str, event: str, condition: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}()"
    )


def create_tables() -> None:
    op.create_table(
        "report_sums",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("dimension", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        to_tenant("report_sums"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "basis", "dimension", "day", "currency", "key", name=op.f("pk_report_sums")
        ),
    )
    op.create_table(
        "report_days",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        to_tenant("report_days"),
        sa.PrimaryKeyConstraint("tenant_id", "basis", "day", name=op.f("pk_report_days")),
    )
    op.create_table(
        "report_marks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        to_tenant("report_marks"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_report_marks")),
    )
    for table, rights in (("report_sums", None), ("report_days", None), ("report_marks", "SELECT, DELETE")):
        isolate(table)
        allow(table, rights) if rights else allow(table)


def to_tenant(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete="RESTRICT")


def downgrade() -> None:
    for table, name, *_ in ON_UPDATE:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for table in (*WATCHED, *ALWAYS):
        for event in ("inserted", "updated", "deleted"):
            op.execute(f"DROP TRIGGER mark_{event} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
    for name, *_ in reversed(HELPERS):
        op.execute(f"DROP FUNCTION {name}")
    for table in ("report_marks", "report_days", "report_sums"):
        op.drop_table(table)
