"""Create bookings."""

import sqlalchemy as sa
from alembic import op
from tables import allow_all_but, isolate

revision = "202611210324"
down_revision = "202611210323"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=24), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("booking_group_id", sa.Uuid(), nullable=True),
        sa.Column("contact_first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("contact_last_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("contact_phone", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("payment_method", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("seats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("has_failed_payment", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "payment_status",
            sa.String(length=20),
            sa.Computed(
                "CASE\n    WHEN refunded_minor > 0 AND refunded_minor >= paid_minor THEN 'refunded'\n    WHEN refunded_minor > 0 THEN 'part_refunded'\n    WHEN paid_minor >= total_minor THEN 'paid'\n    WHEN paid_minor > 0 THEN 'part_paid'\n    WHEN has_failed_payment THEN 'failed'\n    ELSE 'unpaid' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("discount_code_id", sa.Uuid(), nullable=True),
        sa.Column("discount_rule_id", sa.Uuid(), nullable=True),
        sa.Column("adjustment_reason", sa.String(length=500), nullable=True),
        sa.Column("purchase_order", sa.String(length=60), nullable=True),
        sa.Column("requirements_sealed", sa.String(length=8000), nullable=True),
        sa.Column("notes", sa.String(length=2000), nullable=True),
        sa.Column("override_reason", sa.String(length=500), nullable=True),
        sa.Column("idempotency_key", sa.String(length=80), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("hold_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.String(length=500), nullable=True),
        sa.Column("placed_by_id", sa.Uuid(), nullable=True),
        sa.Column("calendar_sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "payment_method IN ('cash', 'card_terminal', 'bank_transfer', 'payment_link', 'account', 'free', 'stripe', 'mpesa', 'flutterwave')",
            name=op.f("ck_bookings_payment_method"),
        ),
        sa.CheckConstraint("source IN ('phone', 'web', 'api', 'import')", name=op.f("ck_bookings_source")),
        sa.CheckConstraint(
            "status IN ('pending', 'confirmed', 'cancelled', 'expired', 'completed', 'no_show')",
            name=op.f("ck_bookings_status"),
        ),
        sa.CheckConstraint(
            "contact_email = lower(contact_email)", name=op.f("ck_bookings_contact_email_lower")
        ),
        sa.CheckConstraint(
            "discount_code_id IS NULL OR discount_rule_id IS NULL", name=op.f("ck_bookings_one_discount")
        ),
        sa.CheckConstraint("paid_minor >= 0 AND refunded_minor >= 0", name=op.f("ck_bookings_paid")),
        sa.CheckConstraint("refunded_minor <= paid_minor", name=op.f("ck_bookings_refunded_within_paid")),
        sa.CheckConstraint("seats >= 0", name=op.f("ck_bookings_seats")),
        sa.CheckConstraint("total_minor >= 0 AND discount_minor >= 0", name=op.f("ck_bookings_amounts")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_group_id"],
            ["booking_groups.tenant_id", "booking_groups.id"],
            name=op.f("fk_bookings_tenant_id_booking_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "company_id"],
            ["companies.tenant_id", "companies.id"],
            name=op.f("fk_bookings_tenant_id_company_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_bookings_tenant_id_customer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "discount_code_id"],
            ["discount_codes.tenant_id", "discount_codes.id"],
            name=op.f("fk_bookings_tenant_id_discount_code_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "discount_rule_id"],
            ["discount_rules.tenant_id", "discount_rules.id"],
            name=op.f("fk_bookings_tenant_id_discount_rule_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "placed_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_bookings_tenant_id_placed_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_id"],
            ["schedules.tenant_id", "schedules.id"],
            name=op.f("fk_bookings_tenant_id_schedule_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_bookings_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_booked", "bookings", ["tenant_id", "booked_at", "id"], unique=False)
    op.create_index("ix_bookings_company", "bookings", ["tenant_id", "company_id"], unique=False)
    op.create_index("ix_bookings_contact_email", "bookings", ["tenant_id", "contact_email"], unique=False)
    op.create_index(
        "ix_bookings_customer", "bookings", ["tenant_id", "customer_id", "booked_at"], unique=False
    )
    op.create_index("ix_bookings_discount_code", "bookings", ["tenant_id", "discount_code_id"], unique=False)
    op.create_index("ix_bookings_discount_rule", "bookings", ["tenant_id", "discount_rule_id"], unique=False)
    op.create_index("ix_bookings_group", "bookings", ["tenant_id", "booking_group_id"], unique=False)
    op.create_index(
        "ix_bookings_holds",
        "bookings",
        ["hold_expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending' AND hold_expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_bookings_payment_status",
        "bookings",
        ["tenant_id", "payment_status", "starts_at", "id"],
        unique=False,
    )
    op.create_index("ix_bookings_placed_by", "bookings", ["tenant_id", "placed_by_id"], unique=False)
    op.create_index(
        "ix_bookings_revenue",
        "bookings",
        ["tenant_id", "booked_at", "total_minor"],
        unique=False,
        postgresql_where=sa.text("payment_status = 'paid'"),
    )
    op.create_index("ix_bookings_schedule", "bookings", ["tenant_id", "schedule_id", "status"], unique=False)
    op.create_index("ix_bookings_starts", "bookings", ["tenant_id", "starts_at", "id"], unique=False)
    op.create_index(
        "ix_bookings_status", "bookings", ["tenant_id", "status", "starts_at", "id"], unique=False
    )
    op.create_index("uq_bookings_idempotency_key", "bookings", ["tenant_id", "idempotency_key"], unique=True)
    op.create_index("uq_bookings_reference", "bookings", ["tenant_id", "reference"], unique=True)
    isolate("bookings")
    allow_all_but(
        "bookings",
        ("seats", "total_minor", "discount_minor", "paid_minor", "refunded_minor", "has_failed_payment"),
    )


def downgrade() -> None:
    op.drop_table("bookings")
