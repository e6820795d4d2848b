"""Create gateway_events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210503"
down_revision = "202611210502"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway_account_id", sa.Uuid(), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=500), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "gateway_account_id"],
            ["gateway_accounts.tenant_id", "gateway_accounts.id"],
            name=op.f("fk_gateway_events_tenant_id_gateway_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payments.tenant_id", "payments.id"],
            name=op.f("fk_gateway_events_tenant_id_payment_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_gateway_events_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_gateway_events")),
    )
    op.create_index(
        "ix_gateway_events_dead",
        "gateway_events",
        ["tenant_id", "dead_at"],
        unique=False,
        postgresql_where=sa.text("dead_at IS NOT NULL"),
    )
    op.create_index(
        "ix_gateway_events_due",
        "gateway_events",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("processed_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index("ix_gateway_events_payment", "gateway_events", ["tenant_id", "payment_id"], unique=False)
    op.create_index(
        "ix_gateway_events_received", "gateway_events", ["tenant_id", "received_at", "id"], unique=False
    )
    op.create_index(
        "uq_gateway_events_event",
        "gateway_events",
        ["tenant_id", "gateway_account_id", "event_id"],
        unique=True,
    )
    isolate("gateway_events")
    allow("gateway_events")


def downgrade() -> None:
    op.drop_table("gateway_events")
