"""Create reconciliations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210560"
down_revision = "202611210506"
branch_labels = None
depends_on = None

COUNTS = ("payments_here", "payments_there", "refunds_here", "refunds_there")


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gateway_account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(column for name in COUNTS for column in _sums(name)),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("looked_at", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "differences", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("difference_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('open', 'night', 'month', 'asked')", name=op.f("ck_reconciliations_kind")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'equal', 'different', 'failed')",
            name=op.f("ck_reconciliations_state"),
        ),
        sa.CheckConstraint("until > since", name=op.f("ck_reconciliations_span")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "asked_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_reconciliations_tenant_id_asked_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "gateway_account_id"],
            ["gateway_accounts.tenant_id", "gateway_accounts.id"],
            name=op.f("fk_reconciliations_tenant_id_gateway_account_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_reconciliations_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reconciliations")),
    )
    _index("ix_reconciliations_account", "gateway_account_id", "until")
    _index("ix_reconciliations_created", "created_at", "id")
    _index("ix_reconciliations_asked_by", "asked_by_id")
    _index("uq_reconciliations_span", "gateway_account_id", "kind", "until", unique=True)
    _index(
        "ix_reconciliations_open",
        "created_at",
        postgresql_where=sa.text("state IN ('waiting', 'running')"),
    )
    isolate("reconciliations")
    allow("reconciliations")


def _sums(name: str) -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column(name, sa.Integer(), server_default="0", nullable=False),
        sa.Column(f"{name}_minor", sa.BigInteger(), server_default="0", nullable=False),
    )


def _index(name: str, *columns: str, **options: object) -> None:
    op.create_index(name, "reconciliations", ["tenant_id", *columns], **options)


def downgrade() -> None:
    op.drop_table("reconciliations")
