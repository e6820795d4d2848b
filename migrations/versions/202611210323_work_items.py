"""Create work_items."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210323"
down_revision = "202611210322"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("once_key", sa.String(length=160), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resolved_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_work_items_tenant_id_resolved_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_work_items_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_work_items")),
    )
    op.create_index(
        "ix_work_items_open",
        "work_items",
        ["tenant_id", "kind", "created_at"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_work_items_resolved_by", "work_items", ["tenant_id", "resolved_by_id"], unique=False)
    op.create_index(
        "ix_work_items_subject", "work_items", ["tenant_id", "subject_type", "subject_id"], unique=False
    )
    op.create_index("uq_work_items_once_key", "work_items", ["tenant_id", "once_key"], unique=True)
    isolate("work_items")
    allow("work_items")


def downgrade() -> None:
    op.drop_table("work_items")
