"""Take no more places on a date that was called off: a booking on its way must not arrive on it.

A booking reads that its date is on sale before it is written; a date cancelled in between has no live booking to refuse it.
"""

from alembic import op
from tables import definer

revision = "202611210430"
down_revision = "202611210425"
branch_labels = None
depends_on = None

REFUSE = """
BEGIN
    RAISE EXCEPTION 'the date is cancelled'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_schedules_not_called_off';
END
"""


def upgrade() -> None:
    definer("refuse_called_off", REFUSE)
    op.execute(
        "CREATE TRIGGER refuse_called_off BEFORE UPDATE OF seats_taken ON schedules FOR EACH ROW "
        "WHEN (NEW.status = 'cancelled' AND NEW.seats_taken > OLD.seats_taken) EXECUTE FUNCTION refuse_called_off()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER refuse_called_off ON schedules")
    op.execute("DROP FUNCTION refuse_called_off")
