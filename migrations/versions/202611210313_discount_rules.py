"""Create discount_rules."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210313"
down_revision = "202611210312"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discount_rules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("minimum_places", sa.Integer(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("course_type_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name=op.f("ck_discount_rules_basis_points")),
        sa.CheckConstraint(
            "minimum_places BETWEEN 1 AND 1000", name=op.f("ck_discount_rules_minimum_places")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_type_id"],
            ["course_types.tenant_id", "course_types.id"],
            name=op.f("fk_discount_rules_tenant_id_course_type_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_discount_rules_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_discount_rules")),
    )
    op.create_index("ix_discount_rules_type", "discount_rules", ["tenant_id", "course_type_id"], unique=False)
    isolate("discount_rules")
    allow("discount_rules")


def downgrade() -> None:
    op.drop_table("discount_rules")
