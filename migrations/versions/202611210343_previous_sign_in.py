"""Remember in a session when its person had signed in before."""

import sqlalchemy as sa
from alembic import op

revision = "202611210343"
down_revision = "202611210342"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_sessions", sa.Column("previous_sign_in_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("web_sessions", "previous_sign_in_at")
