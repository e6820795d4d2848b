"""Create schedule_series: several dates of one course that were planned by one rule."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate, program_login

revision = "202611210630"
down_revision = "202611210618"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_series",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(rule) = 'object'", name=op.f("ck_schedule_series_rule")),
        _foreign_key("schedule_series", "course_id", "courses"),
        _foreign_key("schedule_series", "venue_id", "venues"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_schedule_series_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedule_series")),
    )
    op.create_index("ix_schedule_series_course", "schedule_series", ["tenant_id", "course_id"])
    op.create_index("ix_schedule_series_venue", "schedule_series", ["tenant_id", "venue_id"])
    isolate("schedule_series")
    allow("schedule_series", "SELECT, INSERT, UPDATE")
    mark_dates()


def mark_dates() -> None:
    op.add_column("schedules", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_schedules_tenant_id_series_id"),
        "schedules",
        "schedule_series",
        ["tenant_id", "series_id"],
        ["tenant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index("ix_schedules_series", "schedules", ["tenant_id", "series_id", "starts_at"])
    op.execute(f"GRANT INSERT (series_id), UPDATE (series_id) ON schedules TO {program_login()}")


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_index("ix_schedules_series", table_name="schedules")
    op.drop_constraint(op.f("fk_schedules_tenant_id_series_id"), "schedules", type_="foreignkey")
    op.drop_column("schedules", "series_id")
    op.drop_table("schedule_series")
