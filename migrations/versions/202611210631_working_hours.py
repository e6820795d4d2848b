"""Create working_hours: when an instructor teaches, by weekday and wall time."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210631"
down_revision = "202611210630"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "working_hours",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instructor_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_working_hours_weekday")),
        sa.CheckConstraint("ends > starts", name=op.f("ck_working_hours_end_after_start")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "instructor_id"],
            ["instructors.tenant_id", "instructors.id"],
            name=op.f("fk_working_hours_tenant_id_instructor_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_working_hours_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_working_hours")),
    )
    op.create_index(
        "uq_working_hours_start",
        "working_hours",
        ["tenant_id", "instructor_id", "weekday", "starts"],
        unique=True,
    )
    isolate("working_hours")
    allow("working_hours")


def downgrade() -> None:
    op.drop_table("working_hours")
