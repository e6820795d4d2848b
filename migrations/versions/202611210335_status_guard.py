"""Let a status move only along the table of moves, whoever writes it."""

from alembic import op
from tables import definer

revision = "202611210335"
down_revision = "202611210334"
branch_labels = None
depends_on = None

GUARDED = (
    ("bookings", "booking"),
    ("payments", "payment"),
    ("refunds", "refund"),
    ("schedules", "schedule"),
    ("messages", "message"),
)

GUARD = """
BEGIN
    PERFORM 1 FROM status_transitions
     WHERE subject = TG_ARGV[0] AND from_status = OLD.status AND to_status = NEW.status;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% cannot go from % to %', TG_ARGV[0], OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_' || TG_TABLE_NAME || '_status_transition';
    END IF;
    RETURN NEW;
END
"""


def upgrade() -> None:
    definer("guard_status", GUARD)
    for table, subject in GUARDED:
        op.execute(
            f"CREATE TRIGGER guard_status BEFORE UPDATE OF status ON {table} FOR EACH ROW "
            f"WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('{subject}')"
        )


def downgrade() -> None:
    for table, _ in GUARDED:
        op.execute(f"DROP TRIGGER guard_status ON {table}")
    op.execute("DROP FUNCTION guard_status")
