"""Find what the gateways told or owe us across tenants, and the account behind a webhook's address: pairs of ids, no more."""

from alembic import op
from tables import SAFE_PATH, program_login

revision = "202611210506"
down_revision = "202611210505"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "due_gateway_events": "SELECT tenant_id, id FROM gateway_events WHERE processed_at IS NULL "
    "AND dead_at IS NULL AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT at_most",
    "due_payments": "SELECT tenant_id, id FROM payments WHERE status IN ('pending', 'processing') "
    "AND next_check_at <= now() ORDER BY next_check_at LIMIT at_most",
    "due_refunds": "SELECT tenant_id, id FROM refunds WHERE status = 'processing' "
    "AND next_check_at <= now() ORDER BY next_check_at LIMIT at_most",
}
FINDER = "SELECT tenant_id, id FROM gateway_accounts WHERE path_digest = wanted"


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        _create(name, "at_most integer", body)
    _create("find_gateway_account", "wanted bytea", FINDER)


def _create(name: str, arguments: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}({arguments}) RETURNS TABLE (tenant_id uuid, id uuid) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {SAFE_PATH} AS $body$ {body} $body$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {program_login()}")


def downgrade() -> None:
    for name in (*FUNCTIONS, "find_gateway_account"):
        op.execute(f"DROP FUNCTION {name}")
