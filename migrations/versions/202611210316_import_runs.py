"""Create import_runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210316"
down_revision = "202611210315"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="checking", nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('courses', 'venues', 'instructors', 'schedules', 'bookings')",
            name=op.f("ck_import_runs_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('checking', 'checked', 'importing', 'imported', 'failed')",
            name=op.f("ck_import_runs_status"),
        ),
        sa.CheckConstraint(
            "rows_done >= 0 AND rows_done <= rows_total", name=op.f("ck_import_runs_progress")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "started_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_import_runs_tenant_id_started_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_import_runs_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_runs")),
    )
    op.create_index("ix_import_runs_created", "import_runs", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_import_runs_started_by", "import_runs", ["tenant_id", "started_by_id"], unique=False)
    isolate("import_runs")
    allow("import_runs")


def downgrade() -> None:
    op.drop_table("import_runs")
