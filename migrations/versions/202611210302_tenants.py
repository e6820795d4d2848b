"""Create tenants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import CURRENT_TENANT, allow

revision = "202611210302"
down_revision = "202611210301"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("reference_prefix", sa.String(length=6), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("smallest_unit_minor", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("vat_rate_bp", sa.Integer(), server_default="0", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("bank_details", sa.String(length=1000), nullable=True),
        sa.Column("hold_days", sa.Integer(), server_default="3", nullable=False),
        sa.Column("refund_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.String(length=40), server_default="standard", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reference_prefix ~ '^[A-Z]{2,6}$'", name=op.f("ck_tenants_reference_prefix")),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,38}$'", name=op.f("ck_tenants_slug")),
        sa.CheckConstraint("hold_days BETWEEN 0 AND 60", name=op.f("ck_tenants_hold_days")),
        sa.CheckConstraint("refund_limit_minor >= 0", name=op.f("ck_tenants_refund_limit")),
        sa.CheckConstraint("smallest_unit_minor > 0", name=op.f("ck_tenants_smallest_unit")),
        sa.CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name=op.f("ck_tenants_vat_rate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
    )
    op.create_index("uq_tenants_slug", "tenants", ["slug"], unique=True)
    op.execute("ALTER TABLE tenants ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenants FORCE ROW LEVEL SECURITY")
    # The host name leads to a tenant before any scope exists, so all are readable; each writes only its own row.
    op.execute("CREATE POLICY everybody_reads ON tenants FOR SELECT USING (true)")
    op.execute("CREATE POLICY anybody_founds ON tenants FOR INSERT WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY own_row_changes ON tenants FOR UPDATE USING (id = {CURRENT_TENANT}) WITH CHECK (id = {CURRENT_TENANT})"
    )
    op.execute("CREATE POLICY owner_sees_all ON tenants TO CURRENT_USER USING (true) WITH CHECK (true)")
    allow("tenants", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.drop_table("tenants")
