"""Keep why more was given back than the course's rules say."""

import sqlalchemy as sa
from alembic import op

revision = "202611210521"
down_revision = "202611210520"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("override_reason", sa.String(length=500), nullable=True))


def downgrade() -> None:
    op.drop_column("refunds", "override_reason")
