"""Create instructor_leave: whole days on which an instructor does not teach; why is sealed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210632"
down_revision = "202611210631"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instructor_leave",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instructor_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason_sealed", sa.String(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_instructor_leave_end_after_start")),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("instructor_id"), "="),
            (sa.text("daterange(starts_on, ends_on, '[]')"), "&&"),
            using="gist",
            name="ex_instructor_leave_days",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "instructor_id"],
            ["instructors.tenant_id", "instructors.id"],
            name=op.f("fk_instructor_leave_tenant_id_instructor_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_instructor_leave_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_instructor_leave")),
    )
    op.create_index("ix_instructor_leave_ends", "instructor_leave", ["tenant_id", "instructor_id", "ends_on"])
    isolate("instructor_leave")
    allow("instructor_leave")


def downgrade() -> None:
    op.drop_table("instructor_leave")
