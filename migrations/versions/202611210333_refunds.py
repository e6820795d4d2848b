"""Create refunds."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210333"
down_revision = "202611210332"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refunds",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("attendee_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_by_id", sa.Uuid(), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=100), nullable=True),
        sa.Column("failure_reason", sa.String(length=500), nullable=True),
        sa.Column("idempotency_key", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'declined', 'processing', 'succeeded', 'failed')",
            name=op.f("ck_refunds_status"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_refunds_reason")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approved_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_refunds_tenant_id_approved_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "attendee_id"],
            ["attendees.tenant_id", "attendees.id"],
            name=op.f("fk_refunds_tenant_id_attendee_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"],
            ["bookings.tenant_id", "bookings.id"],
            name=op.f("fk_refunds_tenant_id_booking_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "executed_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_refunds_tenant_id_executed_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.id"],
            name=op.f("fk_refunds_tenant_id_payment_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "requested_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_refunds_tenant_id_requested_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_refunds_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_approved_by", "refunds", ["tenant_id", "approved_by_id"], unique=False)
    op.create_index("ix_refunds_attendee", "refunds", ["tenant_id", "attendee_id"], unique=False)
    op.create_index("ix_refunds_booking", "refunds", ["tenant_id", "booking_id"], unique=False)
    op.create_index("ix_refunds_executed_by", "refunds", ["tenant_id", "executed_by_id"], unique=False)
    op.create_index("ix_refunds_payment", "refunds", ["tenant_id", "payment_id"], unique=False)
    op.create_index("ix_refunds_requested_by", "refunds", ["tenant_id", "requested_by_id"], unique=False)
    op.create_index(
        "ix_refunds_status", "refunds", ["tenant_id", "status", "requested_at", "id"], unique=False
    )
    op.create_index("uq_refunds_idempotency_key", "refunds", ["tenant_id", "idempotency_key"], unique=True)
    op.create_index("uq_refunds_reference", "refunds", ["tenant_id", "reference"], unique=True)
    isolate("refunds")
    allow("refunds")


def downgrade() -> None:
    op.drop_table("refunds")
