"""Create booking_groups."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210315"
down_revision = "202611210314"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_groups",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_order", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "company_id"],
            ["companies.tenant_id", "companies.id"],
            name=op.f("fk_booking_groups_tenant_id_company_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_booking_groups_tenant_id_customer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_booking_groups_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_booking_groups")),
    )
    op.create_index("ix_booking_groups_company", "booking_groups", ["tenant_id", "company_id"], unique=False)
    op.create_index(
        "ix_booking_groups_customer", "booking_groups", ["tenant_id", "customer_id"], unique=False
    )
    op.create_index("uq_booking_groups_reference", "booking_groups", ["tenant_id", "reference"], unique=True)
    isolate("booking_groups")
    allow("booking_groups")


def downgrade() -> None:
    op.drop_table("booking_groups")
