"""Create periodic_runs: which slot of each periodic entry was begun last, by whichever scheduler came first.

It belongs to the installation and holds nothing of a tenant's.
"""

import sqlalchemy as sa
from alembic import op
from tables import allow

revision = "202611210650"
down_revision = "202611210525"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "periodic_runs",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_periodic_runs_failures")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_runs")),
    )
    allow("periodic_runs", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.drop_table("periodic_runs")
