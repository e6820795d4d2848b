"""Create attendees."""

import sqlalchemy as sa
from alembic import op
from tables import allow_all_but, isolate

revision = "202611210330"
down_revision = "202611210329"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attendees",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("birth_date_sealed", sa.String(length=400), nullable=True),
        sa.Column("requirements_sealed", sa.String(length=8000), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("adjustment_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("holds_place", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("discount_minor BETWEEN 0 AND price_minor", name=op.f("ck_attendees_discount")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_attendees_email_lower")),
        sa.CheckConstraint("position BETWEEN 1 AND 1000", name=op.f("ck_attendees_position")),
        sa.CheckConstraint(
            "price_minor - discount_minor + adjustment_minor >= 0", name=op.f("ck_attendees_net")
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_attendees_price")),
        sa.CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name=op.f("ck_attendees_vat_rate")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"],
            ["bookings.tenant_id", "bookings.id"],
            name=op.f("fk_attendees_tenant_id_booking_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_id"],
            ["schedules.tenant_id", "schedules.id"],
            name=op.f("fk_attendees_tenant_id_schedule_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_attendees_tenant_id_user_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_attendees_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attendees")),
    )
    op.create_index("ix_attendees_email", "attendees", ["tenant_id", "email"], unique=False)
    op.create_index("ix_attendees_schedule", "attendees", ["tenant_id", "schedule_id"], unique=False)
    op.create_index("ix_attendees_user", "attendees", ["tenant_id", "user_id"], unique=False)
    op.create_index(
        "uq_attendees_person_schedule",
        "attendees",
        ["tenant_id", "schedule_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("user_id IS NOT NULL AND holds_place"),
    )
    op.create_index(
        "uq_attendees_position", "attendees", ["tenant_id", "booking_id", "position"], unique=True
    )
    isolate("attendees")
    allow_all_but("attendees", ("holds_place",))


def downgrade() -> None:
    op.drop_table("attendees")
