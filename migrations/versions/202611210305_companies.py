"""Create companies."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210305"
down_revision = "202611210304"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("billing_email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("has_terms", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("needs_purchase_order", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("payment_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_companies_name")),
        sa.CheckConstraint("payment_days BETWEEN 0 AND 365", name=op.f("ck_companies_payment_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_companies_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_companies")),
    )
    op.create_index(
        "uq_companies_name", "companies", ["tenant_id", sa.literal_column("lower(name)")], unique=True
    )
    isolate("companies")
    allow("companies")


def downgrade() -> None:
    op.drop_table("companies")
