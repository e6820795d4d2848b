"""Create whitelist_entries."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210322"
down_revision = "202611210321"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "whitelist_entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("pattern", sa.String(length=254), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "pattern = lower(pattern) AND pattern LIKE '%%@%%'", name=op.f("ck_whitelist_entries_pattern")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "added_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_whitelist_entries_tenant_id_added_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_id"],
            ["courses.tenant_id", "courses.id"],
            name=op.f("fk_whitelist_entries_tenant_id_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_whitelist_entries_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_whitelist_entries")),
    )
    op.create_index(
        "ix_whitelist_entries_added_by", "whitelist_entries", ["tenant_id", "added_by_id"], unique=False
    )
    op.create_index(
        "uq_whitelist_entries_pattern",
        "whitelist_entries",
        ["tenant_id", "course_id", "pattern"],
        unique=True,
    )
    isolate("whitelist_entries")
    allow("whitelist_entries")


def downgrade() -> None:
    op.drop_table("whitelist_entries")
