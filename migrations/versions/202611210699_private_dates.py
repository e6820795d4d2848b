"""Dates of one company, which no public page shows."""

import sqlalchemy as sa
from alembic import op
from tables import program_login

revision = "202611210699"
down_revision = "202611210641"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedules", sa.Column("is_private", sa.Boolean(), server_default="false", nullable=False))
    op.execute(f"GRANT INSERT (is_private), UPDATE (is_private) ON schedules TO {program_login()}")


def downgrade() -> None:
    op.drop_column("schedules", "is_private")
