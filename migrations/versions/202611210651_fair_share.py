"""Find due messages and promises in turn: the first of each provider, then the second of each.

In the order of their times, a provider's heap of mails would keep everybody else's single one waiting.
"""

from alembic import op
from tables import SAFE_PATH, program_login

revision = "202611210651"
down_revision = "202611210650"
branch_labels = None
depends_on = None

WAITING = {
    "due_messages": ("messages", "status = 'queued'"),
    "due_outbox": ("outbox", "done_at IS NULL AND dead_at IS NULL"),
}
# By tenant, so that each provider's first ones are read and not the whole heap.
IN_TURN = """
SELECT due.tenant_id, due.id
  FROM public.tenants t
 CROSS JOIN LATERAL (
       SELECT w.tenant_id, w.id, w.next_attempt_at,
              row_number() OVER (ORDER BY w.next_attempt_at, w.id) AS turn
         FROM public.{table} w
        WHERE w.tenant_id = t.id AND {waits} AND w.next_attempt_at <= now()
        ORDER BY w.next_attempt_at, w.id LIMIT at_most) due
 ORDER BY due.turn, due.next_attempt_at, due.id LIMIT at_most
"""
BY_TIME = (
    "SELECT tenant_id, id FROM {table} WHERE {waits} AND next_attempt_at <= now() "
    "ORDER BY next_attempt_at LIMIT at_most"
)


def upgrade() -> None:
    for name, (table, waits) in WAITING.items():
        op.execute(f"DROP INDEX ix_{table}_due")
        op.execute(f"CREATE INDEX ix_{table}_due ON {table} (tenant_id, next_attempt_at, id) WHERE {waits}")
        _replace(name, IN_TURN.format(table=table, waits=waits))


def downgrade() -> None:
    for name, (table, waits) in WAITING.items():
        op.execute(f"DROP INDEX ix_{table}_due")
        op.execute(f"CREATE INDEX ix_{table}_due ON {table} (next_attempt_at) WHERE {waits}")
        _replace(name, BY_TIME.format(table=table, waits=waits))


def _replace(name: str, body: str) -> None:
    """Told anew who may call it: a restored right is not left to what the function had before."""
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}(at_most integer) RETURNS TABLE (tenant_id uuid, id uuid) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {SAFE_PATH} AS $body$ {body} $body$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {program_login()}")
