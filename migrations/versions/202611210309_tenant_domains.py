"""Create tenant_domains."""

import sqlalchemy as sa
from alembic import op
from tables import allow

revision = "202611210309"
down_revision = "202611210308"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_domains",
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("host = lower(host)", name=op.f("ck_tenant_domains_host_lower")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_domains_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_tenant_domains")),
    )
    op.create_index(op.f("ix_tenant_domains_tenant_id"), "tenant_domains", ["tenant_id"], unique=False)
    allow("tenant_domains", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    op.drop_table("tenant_domains")
