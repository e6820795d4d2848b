"""Create users."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210314"
down_revision = "202611210313"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), server_default="customer", nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sign_in_address", sa.String(length=45), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("role = 'customer' OR email IS NOT NULL", name=op.f("ck_users_staff_email")),
        sa.CheckConstraint(
            "role IN ('admin', 'office', 'manager', 'instructor', 'customer', 'operator')",
            name=op.f("ck_users_role"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "company_id"],
            ["companies.tenant_id", "companies.id"],
            name=op.f("fk_users_tenant_id_company_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_users_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_users")),
    )
    op.create_index("ix_users_company", "users", ["tenant_id", "company_id"], unique=False)
    op.create_index("ix_users_created", "users", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_users_name", "users", ["tenant_id", "last_name", "first_name", "id"], unique=False)
    op.create_index("ix_users_phone", "users", ["tenant_id", "phone"], unique=False)
    op.create_index(
        "ix_users_role", "users", ["tenant_id", "role", "last_name", "first_name", "id"], unique=False
    )
    op.create_index("uq_users_email", "users", ["tenant_id", sa.literal_column("lower(email)")], unique=True)
    isolate("users")
    allow("users")


def downgrade() -> None:
    op.drop_table("users")
