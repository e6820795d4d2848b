"""Create import_rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210326"
down_revision = "202611210325"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_rows",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_run_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), server_default="", nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "outcome IN ('new', 'same', 'changed', 'refused')", name=op.f("ck_import_rows_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_run_id"],
            ["import_runs.tenant_id", "import_runs.id"],
            name=op.f("fk_import_rows_tenant_id_import_run_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_import_rows_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_rows")),
    )
    op.create_index(
        "ix_import_rows_outcome",
        "import_rows",
        ["tenant_id", "import_run_id", "outcome", "line"],
        unique=False,
    )
    op.create_index("uq_import_rows_line", "import_rows", ["tenant_id", "import_run_id", "line"], unique=True)
    isolate("import_rows")
    allow("import_rows")


def downgrade() -> None:
    op.drop_table("import_rows")
