"""Create certificate_runs."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210611"
down_revision = "202611210610"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "made >= 0 AND failed >= 0 AND made + failed <= total", name=op.f("ck_certificate_runs_progress")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "asked_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_certificate_runs_tenant_id_asked_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_id"],
            ["schedules.tenant_id", "schedules.id"],
            name=op.f("fk_certificate_runs_tenant_id_schedule_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_certificate_runs_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_certificate_runs")),
    )
    op.create_index(
        "ix_certificate_runs_schedule", "certificate_runs", ["tenant_id", "schedule_id", "created_at"]
    )
    op.create_index("ix_certificate_runs_asked_by", "certificate_runs", ["tenant_id", "asked_by_id"])
    op.create_index(
        "ix_certificate_runs_due",
        "certificate_runs",
        ["next_attempt_at"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    isolate("certificate_runs")
    allow("certificate_runs")


def downgrade() -> None:
    op.drop_table("certificate_runs")
