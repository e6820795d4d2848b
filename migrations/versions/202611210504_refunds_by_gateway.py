"""Let a refund go back the way its payment came, or stay as credit; and know those made in the gateway's dashboard."""

import sqlalchemy as sa
from alembic import op

revision = "202611210504"
down_revision = "202611210503"
branch_labels = None
depends_on = None


def columns() -> tuple[sa.Column, ...]:
    """New ones each time: a column belongs to one table."""
    return (
        sa.Column("route", sa.String(length=10), server_default="hand", nullable=False),
        sa.Column("gateway_refund_id", sa.String(length=200), nullable=True),
        sa.Column("is_external", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.Uuid(), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
    )


INDEXES = (
    ("ix_refunds_acknowledged_by", ["tenant_id", "acknowledged_by_id"], None),
    ("ix_refunds_due", ["next_check_at"], "status = 'processing' AND next_check_at IS NOT NULL"),
    ("ix_refunds_external", ["tenant_id", "succeeded_at"], "is_external AND acknowledged_at IS NULL"),
    ("ix_refunds_gateway_refund", ["tenant_id", "gateway_refund_id"], None),
    ("ix_refunds_succeeded", ["tenant_id", "succeeded_at", "id"], None),
)


def upgrade() -> None:
    for column in columns():
        op.add_column("refunds", column)
    op.create_check_constraint(op.f("ck_refunds_route"), "refunds", "route IN ('gateway', 'hand', 'credit')")
    op.create_foreign_key(
        op.f("fk_refunds_tenant_id_acknowledged_by_id"),
        "refunds",
        "users",
        ["tenant_id", "acknowledged_by_id"],
        ["tenant_id", "id"],
        ondelete="RESTRICT",
    )
    for name, on, where in INDEXES:
        op.create_index(name, "refunds", on, postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, "refunds")
    for column in reversed(columns()):
        op.drop_column("refunds", column.name)
