"""Create discount_codes."""

import sqlalchemy as sa
from alembic import op
from tables import allow_all_but, isolate

revision = "202611210312"
down_revision = "202611210311"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discount_codes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("usage_limit", sa.Integer(), nullable=True),
        sa.Column("times_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("course_type_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('percentage', 'fixed')", name=op.f("ck_discount_codes_kind")),
        sa.CheckConstraint(
            "value > 0 AND (kind = 'fixed' OR value <= 10000)", name=op.f("ck_discount_codes_value")
        ),
        sa.CheckConstraint(
            "code = upper(code) AND length(code) BETWEEN 1 AND 50", name=op.f("ck_discount_codes_code")
        ),
        sa.CheckConstraint("minimum_minor >= 0", name=op.f("ck_discount_codes_minimum")),
        sa.CheckConstraint(
            "times_used >= 0 AND times_used <= usage_limit", name=op.f("ck_discount_codes_within_limit")
        ),
        sa.CheckConstraint("usage_limit > 0", name=op.f("ck_discount_codes_usage_limit")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_discount_codes_validity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_type_id"],
            ["course_types.tenant_id", "course_types.id"],
            name=op.f("fk_discount_codes_tenant_id_course_type_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_discount_codes_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_discount_codes")),
    )
    op.create_index("ix_discount_codes_type", "discount_codes", ["tenant_id", "course_type_id"], unique=False)
    op.create_index(
        "ix_discount_codes_validity",
        "discount_codes",
        ["tenant_id", "is_active", "valid_from", "valid_until"],
        unique=False,
    )
    op.create_index("uq_discount_codes_code", "discount_codes", ["tenant_id", "code"], unique=True)
    isolate("discount_codes")
    allow_all_but("discount_codes", ("times_used",))


def downgrade() -> None:
    op.drop_table("discount_codes")
