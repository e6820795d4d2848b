"""Find due work across tenants: pairs of (tenant, id), and nothing else of theirs."""

from alembic import op
from tables import program_login

revision = "202611210341"
down_revision = "202611210340"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "due_messages": "SELECT tenant_id, id FROM messages WHERE status = 'queued' AND next_attempt_at <= now() "
    "ORDER BY next_attempt_at LIMIT at_most",
    "due_outbox": "SELECT tenant_id, id FROM outbox WHERE done_at IS NULL AND dead_at IS NULL "
    "AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT at_most",
    "ended_holds": "SELECT tenant_id, id FROM bookings WHERE status = 'pending' "
    "AND hold_expires_at <= now() ORDER BY hold_expires_at LIMIT at_most",
}


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {name}(at_most integer) RETURNS TABLE (tenant_id uuid, id uuid) "
            f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $body$ {body} $body$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {program_login()}")


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
