"""Create tenant_logos."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210615"
down_revision = "202611210620"
branch_labels = None
depends_on = None

CHECKS = {
    "size": "octet_length(content) <= 1048576",
    "digest": "sha256 = encode(sha256(content), 'hex')",
    "measures": "width > 0 AND height > 0",
}


def upgrade() -> None:
    op.create_table(
        "tenant_logos",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_tenant_logos_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_logos_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_logos")),
    )
    op.create_index("uq_tenant_logos_tenant", "tenant_logos", ["tenant_id"], unique=True)
    isolate("tenant_logos")
    allow("tenant_logos")


def downgrade() -> None:
    op.drop_table("tenant_logos")
