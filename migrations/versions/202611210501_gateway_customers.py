"""Create gateway_customers."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210501"
down_revision = "202611210500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_customers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_account_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_customer_id", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "gateway_account_id"],
            ["gateway_accounts.tenant_id", "gateway_accounts.id"],
            name=op.f("fk_gateway_customers_tenant_id_gateway_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_gateway_customers_tenant_id_user_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_gateway_customers_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_gateway_customers")),
    )
    op.create_index(
        "ix_gateway_customers_account", "gateway_customers", ["tenant_id", "gateway_account_id"], unique=False
    )
    op.create_index(
        "uq_gateway_customers_pair",
        "gateway_customers",
        ["tenant_id", "user_id", "gateway_account_id"],
        unique=True,
    )
    isolate("gateway_customers")
    allow("gateway_customers")


def downgrade() -> None:
    op.drop_table("gateway_customers")
