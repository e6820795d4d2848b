"""Create schedules."""

import sqlalchemy as sa
from alembic import op
from tables import allow_all_but, isolate

revision = "202611210318"
down_revision = "202611210317"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pricing", sa.String(length=20), server_default="priced", nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", sa.String(length=5000), nullable=True),
        sa.Column("override_reason", sa.String(length=500), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(pricing = 'priced') = (price_minor IS NOT NULL)", name=op.f("ck_schedules_price_when_priced")
        ),
        sa.CheckConstraint("pricing IN ('priced', 'free', 'on_request')", name=op.f("ck_schedules_pricing")),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'completed', 'cancelled')", name=op.f("ck_schedules_status")
        ),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name=op.f("ck_schedules_capacity_positive")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_schedules_end_after_start")),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 100000000", name=op.f("ck_schedules_price")),
        sa.CheckConstraint(
            "seats_taken >= 0 AND seats_taken <= capacity", name=op.f("ck_schedules_seats_within_capacity")
        ),
        sa.CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name=op.f("ck_schedules_vat_rate")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_id"],
            ["courses.tenant_id", "courses.id"],
            name=op.f("fk_schedules_tenant_id_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "venue_id"],
            ["venues.tenant_id", "venues.id"],
            name=op.f("fk_schedules_tenant_id_venue_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_schedules_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedules")),
    )
    op.create_index("ix_schedules_course", "schedules", ["tenant_id", "course_id", "starts_at"], unique=False)
    op.create_index(
        "ix_schedules_on_sale",
        "schedules",
        ["tenant_id", "starts_at"],
        unique=False,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_index("ix_schedules_starts", "schedules", ["tenant_id", "starts_at", "id"], unique=False)
    op.create_index("ix_schedules_status", "schedules", ["tenant_id", "status", "starts_at"], unique=False)
    op.create_index("ix_schedules_venue", "schedules", ["tenant_id", "venue_id", "starts_at"], unique=False)
    op.create_index("uq_schedules_code", "schedules", ["tenant_id", "code"], unique=True)
    isolate("schedules")
    allow_all_but("schedules", ("seats_taken",))


def downgrade() -> None:
    op.drop_table("schedules")
