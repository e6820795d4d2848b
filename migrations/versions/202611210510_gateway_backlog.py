"""Say how late the gateways' messages are, over all tenants: two numbers, no rows."""

from alembic import op
from tables import SAFE_PATH, definer, program_login

revision = "202611210510"
down_revision = "202611210540"
branch_labels = None
depends_on = None

# Both from partial indexes: nearly always nothing waits. A message waits from its arrival on.
BODY = """
BEGIN
    RETURN QUERY SELECT
        (SELECT EXTRACT(epoch FROM now() - min(received_at))::double precision
         FROM gateway_events WHERE processed_at IS NULL AND dead_at IS NULL),
        (SELECT count(*) FROM gateway_events WHERE dead_at IS NOT NULL);
END
"""


def upgrade() -> None:
    definer(
        "gateway_backlog",
        BODY,
        returns="TABLE (oldest_seconds double precision, dead bigint)",
        path=SAFE_PATH,
    )
    op.execute(f"GRANT EXECUTE ON FUNCTION gateway_backlog TO {program_login()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION gateway_backlog")
