"""Create payments."""

import sqlalchemy as sa
from alembic import op
from tables import allow_all_but, isolate

revision = "202611210327"
down_revision = "202611210326"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("booking_group_id", sa.Uuid(), nullable=True),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payer_reference", sa.String(length=100), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("failure_reason", sa.String(length=500), nullable=True),
        sa.Column("taken_by_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=80), nullable=True),
        sa.Column("is_imported", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("allocated_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "method IN ('cash', 'bank_transfer', 'card_terminal', 'invoice', 'stripe', 'mpesa', 'flutterwave')",
            name=op.f("ck_payments_method"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_payments_status"),
        ),
        sa.CheckConstraint(
            "allocated_minor >= 0 AND allocated_minor <= amount_minor",
            name=op.f("ck_payments_allocated_within_amount"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor",
            name=op.f("ck_payments_refunded_within_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_group_id"],
            ["booking_groups.tenant_id", "booking_groups.id"],
            name=op.f("fk_payments_tenant_id_booking_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "company_id"],
            ["companies.tenant_id", "companies.id"],
            name=op.f("fk_payments_tenant_id_company_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_payments_tenant_id_customer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "taken_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_payments_tenant_id_taken_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_payments_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_company", "payments", ["tenant_id", "company_id"], unique=False)
    op.create_index("ix_payments_created", "payments", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_payments_customer", "payments", ["tenant_id", "customer_id", "paid_at"], unique=False)
    op.create_index("ix_payments_group", "payments", ["tenant_id", "booking_group_id"], unique=False)
    op.create_index("ix_payments_method", "payments", ["tenant_id", "method", "paid_at"], unique=False)
    op.create_index("ix_payments_paid", "payments", ["tenant_id", "paid_at", "id"], unique=False)
    op.create_index("ix_payments_status", "payments", ["tenant_id", "status", "paid_at"], unique=False)
    op.create_index("ix_payments_taken_by", "payments", ["tenant_id", "taken_by_id"], unique=False)
    op.create_index(
        "ix_payments_unallocated",
        "payments",
        ["tenant_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("status = 'succeeded' AND allocated_minor < amount_minor"),
    )
    op.create_index("uq_payments_idempotency_key", "payments", ["tenant_id", "idempotency_key"], unique=True)
    op.create_index("uq_payments_reference", "payments", ["tenant_id", "reference"], unique=True)
    isolate("payments")
    allow_all_but("payments", ("allocated_minor", "refunded_minor"))


def downgrade() -> None:
    op.drop_table("payments")
