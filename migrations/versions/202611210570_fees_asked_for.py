"""Ask a gateway about a payment that is in as well, while its fee is not known."""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH

revision = "202611210570"
down_revision = "202611210541"
branch_labels = None
depends_on = None

OPEN = "status IN ('pending', 'processing')"
OPEN_OR_IN = "status IN ('pending', 'processing', 'succeeded')"


def upgrade() -> None:
    _look_for(OPEN_OR_IN)


def downgrade() -> None:
    _look_for(OPEN)


def _look_for(statuses: str) -> None:
    op.drop_index("ix_payments_due", "payments")
    where = sa.text(f"{statuses} AND next_check_at IS NOT NULL")
    op.create_index("ix_payments_due", "payments", ["next_check_at"], postgresql_where=where)
    op.execute(
        "CREATE OR REPLACE FUNCTION due_payments(at_most integer) RETURNS TABLE (tenant_id uuid, id uuid) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {SAFE_PATH} AS $body$ "
        f"SELECT tenant_id, id FROM payments WHERE {statuses} AND next_check_at <= now() "
        "ORDER BY next_check_at LIMIT at_most $body$"
    )
