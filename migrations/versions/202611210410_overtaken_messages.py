"""Tell a mail that events overtook from one that failed: nobody needs to look at the first."""

import sqlalchemy as sa
from alembic import op

revision = "202611210410"
down_revision = "202611210400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages", sa.Column("is_overtaken", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "ix_messages_attention",
        "messages",
        ["tenant_id", "created_at"],
        postgresql_where=sa.text("status IN ('failed', 'bounced') AND NOT is_overtaken"),
    )


def downgrade() -> None:
    op.drop_index("ix_messages_attention", "messages")
    op.drop_column("messages", "is_overtaken")
