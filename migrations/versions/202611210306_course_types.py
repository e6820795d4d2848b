"""Create course_types."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210306"
down_revision = "202611210305"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course_types",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("length(trim(code)) > 0", name=op.f("ck_course_types_code")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_course_types_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_course_types")),
    )
    op.create_index("uq_course_types_code", "course_types", ["tenant_id", "code"], unique=True)
    isolate("course_types")
    allow("course_types")


def downgrade() -> None:
    op.drop_table("course_types")
