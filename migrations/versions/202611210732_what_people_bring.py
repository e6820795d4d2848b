"""Say of each course what people must bring and whether a waiver is asked for; keep who has said so of an attendee."""

import sqlalchemy as sa
from alembic import op
from tables import program_login

revision = "202611210732"
down_revision = "202611210731"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("courses", sa.Column("prerequisites", sa.String(length=2000), nullable=True))
    op.add_column("courses", sa.Column("needs_waiver", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("attendees", sa.Column("prerequisites_at", sa.DateTime(timezone=True), nullable=True))
    column = "prerequisites_at"
    op.execute(f"GRANT INSERT ({column}), UPDATE ({column}) ON attendees TO {program_login()}")


def downgrade() -> None:
    op.drop_column("attendees", "prerequisites_at")
    op.drop_column("courses", "needs_waiver")
    op.drop_column("courses", "prerequisites")
