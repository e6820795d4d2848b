"""Create schedule_day_instructors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210332"
down_revision = "202611210331"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_day_instructors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_day_id", sa.Uuid(), nullable=False),
        sa.Column("instructor_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.String(length=20), server_default="lead", nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default="true", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("instructor_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("is_live"),
            using="gist",
            name="ex_schedule_day_instructors_instructor",
        ),
        sa.CheckConstraint("duty IN ('lead', 'assistant')", name=op.f("ck_schedule_day_instructors_duty")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "instructor_id"],
            ["instructors.tenant_id", "instructors.id"],
            name=op.f("fk_schedule_day_instructors_tenant_id_instructor_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_day_id"],
            ["schedule_days.tenant_id", "schedule_days.id"],
            name=op.f("fk_schedule_day_instructors_tenant_id_schedule_day_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_schedule_day_instructors_tenant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedule_day_instructors")),
    )
    op.create_index(
        "ix_schedule_day_instructors_instructor",
        "schedule_day_instructors",
        ["tenant_id", "instructor_id"],
        unique=False,
    )
    op.create_index(
        "uq_schedule_day_instructors_pair",
        "schedule_day_instructors",
        ["tenant_id", "schedule_day_id", "instructor_id"],
        unique=True,
    )
    isolate("schedule_day_instructors")
    allow("schedule_day_instructors")


def downgrade() -> None:
    op.drop_table("schedule_day_instructors")
