"""Create audit_seals."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210304"
down_revision = "202611210303"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_audit_seals_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_audit_seals")),
    )
    op.create_index("uq_audit_seals_event", "audit_seals", ["tenant_id", "event_id"], unique=True)
    isolate("audit_seals")
    allow("audit_seals", "SELECT, INSERT")


def downgrade() -> None:
    op.drop_table("audit_seals")
