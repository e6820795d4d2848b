"""Take no places on a date that went back to draft either: a booking on its way must not arrive on it."""

from alembic import op

revision = "202611210450"
down_revision = "202611210440"
branch_labels = None
depends_on = None

TRIGGER = (
    "CREATE TRIGGER refuse_called_off BEFORE UPDATE OF seats_taken ON schedules FOR EACH ROW "
    "WHEN (NEW.status IN ({}) AND NEW.seats_taken > OLD.seats_taken) EXECUTE FUNCTION refuse_called_off()"
)


def upgrade() -> None:
    op.execute("DROP TRIGGER refuse_called_off ON schedules")
    op.execute(TRIGGER.format("'cancelled', 'draft'"))


def downgrade() -> None:
    op.execute("DROP TRIGGER refuse_called_off ON schedules")
    op.execute(TRIGGER.format("'cancelled'"))
