"""Let a large import have the tables measured that it fills.

Until a table was measured for the first time the planner takes any index that begins with tenant_id for as good as the key, and
reads a tenant's every row for each one that comes in: 6,000 bookings into an empty database took two minutes. Autovacuum would
measure soon, but cannot see rows that are not committed yet; the transaction itself can.
"""

from alembic import op
from tables import definer, program_login

revision = "202611210425"
down_revision = "202611210422"
branch_labels = None
depends_on = None

# Only what has doubled since it was last measured, so that calling it often costs nothing.
BODY = """
DECLARE
    grown name;
BEGIN
    FOR grown IN
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
           AND relname IN ('courses', 'venues', 'instructors', 'schedules', 'schedule_days',
                           'schedule_day_instructors', 'companies', 'users', 'bookings', 'attendees',
                           'payments', 'allocations', 'refunds')
           AND pg_relation_size(oid) > 2 * 8192 * GREATEST(relpages, 4)::bigint
    LOOP
        EXECUTE format('ANALYZE public.%I', grown);
    END LOOP;
END
"""


def upgrade() -> None:
    definer("measure_grown_tables", BODY, returns="void")
    op.execute(f"GRANT EXECUTE ON FUNCTION measure_grown_tables TO {program_login()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION measure_grown_tables")
