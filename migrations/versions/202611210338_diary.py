"""Let each day of a date carry what the exclusion constraints read: room, time, whether it lives."""

from alembic import op
from tables import definer

revision = "202611210338"
down_revision = "202611210337"
branch_labels = None
depends_on = None

COPY_TO_DAY = """
BEGIN
    SELECT s.venue_id, s.status <> 'cancelled', v.kind = 'room'
      INTO NEW.venue_id, NEW.is_live, NEW.is_exclusive
      FROM schedules s JOIN venues v ON v.tenant_id = s.tenant_id AND v.id = s.venue_id
     WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.schedule_id;
    RETURN NEW;
END
"""

# Touching a day makes it read its date again.
TOUCH_DAYS_OF_SCHEDULE = """
BEGIN
    UPDATE schedule_days SET day_number = day_number
     WHERE tenant_id = NEW.tenant_id AND schedule_id = NEW.id;
    RETURN NULL;
END
"""

TOUCH_DAYS_OF_VENUE = """
BEGIN
    UPDATE schedule_days SET day_number = day_number
     WHERE tenant_id = NEW.tenant_id AND venue_id = NEW.id;
    RETURN NULL;
END
"""

COPY_TO_INSTRUCTOR = """
BEGIN
    SELECT during, is_live INTO NEW.during, NEW.is_live FROM schedule_days
     WHERE tenant_id = NEW.tenant_id AND id = NEW.schedule_day_id;
    RETURN NEW;
END
"""

TOUCH_INSTRUCTORS = """
BEGIN
    UPDATE schedule_day_instructors SET duty = duty
     WHERE tenant_id = NEW.tenant_id AND schedule_day_id = NEW.id;
    RETURN NULL;
END
"""

# A date begins with its first day and ends with its last.
SPAN_DAYS = """
DECLARE
    which record;
BEGIN
    IF TG_OP = 'DELETE' THEN which := OLD; ELSE which := NEW; END IF;
    UPDATE schedules s SET starts_at = d.first_at, ends_at = d.last_at
      FROM (SELECT min(starts_at) AS first_at, max(ends_at) AS last_at FROM schedule_days
             WHERE tenant_id = which.tenant_id AND schedule_id = which.schedule_id) d
     WHERE s.tenant_id = which.tenant_id AND s.id = which.schedule_id AND d.first_at IS NOT NULL
       AND (s.starts_at, s.ends_at) IS DISTINCT FROM (d.first_at, d.last_at);
    RETURN NULL;
END
"""

FUNCTIONS = {
    "copy_schedule_to_day": COPY_TO_DAY,
    "touch_days_of_schedule": TOUCH_DAYS_OF_SCHEDULE,
    "touch_days_of_venue": TOUCH_DAYS_OF_VENUE,
    "copy_day_to_instructor": COPY_TO_INSTRUCTOR,
    "touch_instructors_of_day": TOUCH_INSTRUCTORS,
    "span_days": SPAN_DAYS,
}

TRIGGERS = (
    (
        "schedule_days",
        "copy_schedule",
        "BEFORE INSERT OR UPDATE ON schedule_days FOR EACH ROW EXECUTE FUNCTION copy_schedule_to_day()",
    ),
    (
        "schedules",
        "touch_days",
        "AFTER UPDATE OF status, venue_id ON schedules FOR EACH ROW "
        "WHEN (OLD.status <> NEW.status OR OLD.venue_id <> NEW.venue_id) "
        "EXECUTE FUNCTION touch_days_of_schedule()",
    ),
    (
        "venues",
        "touch_days",
        "AFTER UPDATE OF kind ON venues FOR EACH ROW "
        "WHEN (OLD.kind <> NEW.kind) EXECUTE FUNCTION touch_days_of_venue()",
    ),
    (
        "schedule_day_instructors",
        "copy_day",
        "BEFORE INSERT OR UPDATE ON schedule_day_instructors "
        "FOR EACH ROW EXECUTE FUNCTION copy_day_to_instructor()",
    ),
    (
        "schedule_days",
        "touch_instructors",
        "AFTER UPDATE ON schedule_days FOR EACH ROW EXECUTE FUNCTION touch_instructors_of_day()",
    ),
    (
        "schedule_days",
        "span_days",
        "AFTER INSERT OR UPDATE OF starts_at, ends_at OR DELETE ON schedule_days "
        "FOR EACH ROW EXECUTE FUNCTION span_days()",
    ),
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        definer(name, body)
    for _, name, rest in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {rest}")


def downgrade() -> None:
    for table, name, _ in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
