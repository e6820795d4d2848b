"""Say of each course whether it gives a certificate and how long, and of each type what its certificates must say."""

import sqlalchemy as sa
from alembic import op

revision = "202611210610"
down_revision = "202611210601"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "courses", sa.Column("gives_certificate", sa.Boolean(), server_default="true", nullable=False)
    )
    op.add_column(
        "courses", sa.Column("runs_from_old_expiry", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("course_types", sa.Column("certificate_wording", sa.String(length=2000), nullable=True))


def downgrade() -> None:
    op.drop_column("course_types", "certificate_wording")
    op.drop_column("courses", "runs_from_old_expiry")
    op.drop_column("courses", "gives_certificate")
