"""Create saved_reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210541"
down_revision = "202611210510"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_reports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("frequency", sa.String(length=10), nullable=False),
        sa.Column("file", sa.String(length=10), server_default="pdf", nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("frequency IN ('weekly', 'monthly')", name=op.f("ck_saved_reports_frequency")),
        sa.CheckConstraint("file IN ('pdf', 'csv')", name=op.f("ck_saved_reports_file")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_saved_reports_name")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_saved_reports_tenant_id_owner_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_saved_reports_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_saved_reports")),
    )
    op.create_index("ix_saved_reports_owner", "saved_reports", ["tenant_id", "owner_id"])
    op.create_index(
        "ix_saved_reports_due",
        "saved_reports",
        ["tenant_id", "next_on"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    isolate("saved_reports")
    allow("saved_reports")


def downgrade() -> None:
    op.drop_table("saved_reports")
