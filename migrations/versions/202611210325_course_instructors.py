"""Create course_instructors."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210325"
down_revision = "202611210324"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course_instructors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("instructor_id", sa.Uuid(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_id"],
            ["courses.tenant_id", "courses.id"],
            name=op.f("fk_course_instructors_tenant_id_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "instructor_id"],
            ["instructors.tenant_id", "instructors.id"],
            name=op.f("fk_course_instructors_tenant_id_instructor_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_course_instructors_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_course_instructors")),
    )
    op.create_index(
        "ix_course_instructors_instructor", "course_instructors", ["tenant_id", "instructor_id"], unique=False
    )
    op.create_index(
        "uq_course_instructors_default",
        "course_instructors",
        ["tenant_id", "course_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "uq_course_instructors_pair",
        "course_instructors",
        ["tenant_id", "course_id", "instructor_id"],
        unique=True,
    )
    isolate("course_instructors")
    allow("course_instructors")


def downgrade() -> None:
    op.drop_table("course_instructors")
