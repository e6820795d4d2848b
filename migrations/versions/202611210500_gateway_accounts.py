"""Create gateway_accounts."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210500"
down_revision = "202611210469"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_accounts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("is_in_use", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("keys_sealed", sa.String(length=8000), nullable=False),
        sa.Column("path_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("path_sealed", sa.String(length=500), nullable=False),
        sa.Column("key_hint", sa.String(length=60), server_default="", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_said", sa.String(length=500), nullable=True),
        sa.Column("is_check_good", sa.Boolean(), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "gateway IN ('stripe', 'mpesa', 'flutterwave')", name=op.f("ck_gateway_accounts_gateway")
        ),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_gateway_accounts_mode")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_gateway_accounts_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_gateway_accounts")),
    )
    op.create_index(
        "uq_gateway_accounts_in_use",
        "gateway_accounts",
        ["tenant_id", "gateway"],
        unique=True,
        postgresql_where=sa.text("is_in_use"),
    )
    op.create_index("uq_gateway_accounts_path", "gateway_accounts", ["path_digest"], unique=True)
    isolate("gateway_accounts")
    allow("gateway_accounts")


def downgrade() -> None:
    op.drop_table("gateway_accounts")
