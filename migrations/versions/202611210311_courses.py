"""Create courses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210311"
down_revision = "202611210310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("course_type_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.String(length=20), server_default="adults", nullable=False),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("description", sa.String(length=10000), nullable=True),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("syllabus", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("image", sa.String(length=200), nullable=True),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("day_count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("duration_weeks", sa.Integer(), nullable=True),
        sa.Column("pricing", sa.String(length=20), server_default="priced", nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("vat_rate_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="12", nullable=False),
        sa.Column("learners_per_instructor", sa.Integer(), server_default="12", nullable=False),
        sa.Column("certificate_years", sa.Integer(), nullable=True),
        sa.Column("minimum_age", sa.Integer(), nullable=True),
        sa.Column("requalifies_course_id", sa.Uuid(), nullable=True),
        sa.Column("has_whitelist", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("refund_window_hours", sa.Integer(), nullable=True),
        sa.Column("refund_fee_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(pricing = 'priced') = (price_minor IS NOT NULL)", name=op.f("ck_courses_price_when_priced")
        ),
        sa.CheckConstraint("audience IN ('adults', 'kids', 'corporate')", name=op.f("ck_courses_audience")),
        sa.CheckConstraint("pricing IN ('priced', 'free', 'on_request')", name=op.f("ck_courses_pricing")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_courses_capacity_positive")),
        sa.CheckConstraint("certificate_years BETWEEN 1 AND 50", name=op.f("ck_courses_certificate_years")),
        sa.CheckConstraint("day_count BETWEEN 1 AND 60", name=op.f("ck_courses_day_count")),
        sa.CheckConstraint(
            "duration_minutes BETWEEN 1 AND 100000", name=op.f("ck_courses_duration_positive")
        ),
        sa.CheckConstraint("duration_weeks BETWEEN 1 AND 200", name=op.f("ck_courses_weeks")),
        sa.CheckConstraint(
            "learners_per_instructor BETWEEN 1 AND 1000", name=op.f("ck_courses_learners_per_instructor")
        ),
        sa.CheckConstraint("minimum_age BETWEEN 0 AND 120", name=op.f("ck_courses_minimum_age")),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 100000000", name=op.f("ck_courses_price")),
        sa.CheckConstraint("refund_fee_bp BETWEEN 0 AND 10000", name=op.f("ck_courses_refund_fee")),
        sa.CheckConstraint("refund_window_hours BETWEEN 0 AND 8760", name=op.f("ck_courses_refund_window")),
        sa.CheckConstraint(
            "requalifies_course_id <> id", name=op.f("ck_courses_not_its_own_requalification")
        ),
        sa.CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name=op.f("ck_courses_vat_rate")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_type_id"],
            ["course_types.tenant_id", "course_types.id"],
            name=op.f("fk_courses_tenant_id_course_type_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "requalifies_course_id"],
            ["courses.tenant_id", "courses.id"],
            name=op.f("fk_courses_tenant_id_requalifies_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_courses_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_courses")),
    )
    op.create_index(
        "ix_courses_catalogue", "courses", ["tenant_id", "category", "audience", "is_published"], unique=False
    )
    op.create_index("ix_courses_requalifies", "courses", ["tenant_id", "requalifies_course_id"], unique=False)
    op.create_index("ix_courses_title", "courses", ["tenant_id", "title", "id"], unique=False)
    op.create_index("ix_courses_type", "courses", ["tenant_id", "course_type_id"], unique=False)
    op.create_index("uq_courses_slug", "courses", ["tenant_id", "slug"], unique=True)
    isolate("courses")
    allow("courses")


def downgrade() -> None:
    op.drop_table("courses")
