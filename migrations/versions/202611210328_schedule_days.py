"""Create schedule_days."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210328"
down_revision = "202611210327"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_days",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("day_number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "during",
            postgresql.TSTZRANGE(),
            sa.Computed("tstzrange(starts_at, ends_at, '[)')", persisted=True),
            nullable=False,
        ),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_exclusive", sa.Boolean(), server_default="true", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("venue_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("is_live AND is_exclusive"),
            using="gist",
            name="ex_schedule_days_venue",
        ),
        sa.CheckConstraint("day_number BETWEEN 1 AND 60", name=op.f("ck_schedule_days_day_number")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_schedule_days_end_after_start")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_id"],
            ["schedules.tenant_id", "schedules.id"],
            name=op.f("fk_schedule_days_tenant_id_schedule_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "venue_id"],
            ["venues.tenant_id", "venues.id"],
            name=op.f("fk_schedule_days_tenant_id_venue_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_schedule_days_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedule_days")),
    )
    op.create_index(
        "ix_schedule_days_venue", "schedule_days", ["tenant_id", "venue_id", "starts_at"], unique=False
    )
    op.create_index(
        "uq_schedule_days_number", "schedule_days", ["tenant_id", "schedule_id", "day_number"], unique=True
    )
    isolate("schedule_days")
    allow("schedule_days")


def downgrade() -> None:
    op.drop_table("schedule_days")
