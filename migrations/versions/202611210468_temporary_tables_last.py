"""Let no temporary table stand in for a table of ours inside the functions that run as their owner.

PostgreSQL looks into a session's temporary schema first unless the search_path names it: whoever made a temporary
`status_transitions` moved any status along it, and a temporary `schedules` took the places that the real one counts.
"""

from alembic import op

revision = "202611210468"
down_revision = "202611210461"
branch_labels = None
depends_on = None

CHANGE = """
DO $body$
DECLARE
    which record;
BEGIN
    FOR which IN
        SELECT oid::regprocedure AS name FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND 'search_path={old}' = ANY (proconfig)
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = {new}', which.name);
    END LOOP;
END $body$
"""
OPEN, TIGHT = "pg_catalog, public", "pg_catalog, public, pg_temp"


def upgrade() -> None:
    op.execute(CHANGE.format(old=OPEN, new=TIGHT))


def downgrade() -> None:
    op.execute(CHANGE.format(old=TIGHT, new=OPEN))
