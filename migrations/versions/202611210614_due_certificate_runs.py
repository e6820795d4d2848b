"""Find runs of certificates that are to be carried on, across tenants: the longest waiting of each tenant first."""

from alembic import op
from tables import SAFE_PATH, definer, program_login

revision = "202611210614"
down_revision = "202611210613"
branch_labels = None
depends_on = None

DUE = """
BEGIN
    RETURN QUERY
    SELECT due.tenant_id, due.id FROM (
        SELECT run.tenant_id, run.id, run.next_attempt_at,
               row_number() OVER (PARTITION BY run.tenant_id ORDER BY run.next_attempt_at) AS turn
          FROM certificate_runs AS run
         WHERE run.finished_at IS NULL AND run.next_attempt_at <= now()) AS due
     ORDER BY due.turn, due.next_attempt_at LIMIT at_most;
END
"""


def upgrade() -> None:
    definer(
        "due_certificate_runs",
        DUE,
        arguments="at_most integer",
        returns="TABLE (tenant_id uuid, id uuid)",
        path=SAFE_PATH,
    )
    op.execute(f"GRANT EXECUTE ON FUNCTION due_certificate_runs TO {program_login()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION due_certificate_runs")
