"""Create payment_links."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210505"
down_revision = "202611210504"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("booking_group_id", sa.Uuid(), nullable=True),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_sealed", sa.String(length=500), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(booking_id IS NULL) <> (booking_group_id IS NULL)", name=op.f("ck_payment_links_one_subject")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_links_amount_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_group_id"],
            ["booking_groups.tenant_id", "booking_groups.id"],
            name=op.f("fk_payment_links_tenant_id_booking_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booking_id"],
            ["bookings.tenant_id", "bookings.id"],
            name=op.f("fk_payment_links_tenant_id_booking_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_payment_links_tenant_id_created_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_payment_links_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_links")),
    )
    op.create_index("ix_payment_links_booking", "payment_links", ["tenant_id", "booking_id"], unique=False)
    op.create_index(
        "ix_payment_links_created_by", "payment_links", ["tenant_id", "created_by_id"], unique=False
    )
    op.create_index(
        "ix_payment_links_group", "payment_links", ["tenant_id", "booking_group_id"], unique=False
    )
    op.create_index(
        "uq_payment_links_booking",
        "payment_links",
        ["tenant_id", "booking_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_payment_links_group",
        "payment_links",
        ["tenant_id", "booking_group_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("uq_payment_links_token", "payment_links", ["tenant_id", "token_digest"], unique=True)
    isolate("payment_links")
    allow("payment_links")


def downgrade() -> None:
    op.drop_table("payment_links")
