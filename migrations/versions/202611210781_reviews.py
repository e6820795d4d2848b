"""Create reviews: one for each attendee, looked at before the public sees it."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210781"
down_revision = "202611210780"
branch_labels = None
depends_on = None

CHECKS = {
    "status": "status IN ('waiting', 'shown', 'hidden')",
    "rating": "rating BETWEEN 1 AND 5",
    "instructor_rating": "instructor_rating BETWEEN 1 AND 5",
}
OTHERS = {
    "attendee_id": "attendees",
    "course_id": "courses",
    "schedule_id": "schedules",
    "instructor_id": "instructors",
    "decided_by_id": "users",
}
INDEXES = {
    "ix_reviews_course": ["tenant_id", "course_id", "status", "created_at"],
    "ix_reviews_instructor": ["tenant_id", "instructor_id", "status"],
    "ix_reviews_schedule": ["tenant_id", "schedule_id"],
    "ix_reviews_status": ["tenant_id", "status", "created_at", "id"],
    "ix_reviews_decided_by": ["tenant_id", "decided_by_id"],
}


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("instructor_id", sa.Uuid(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("instructor_rating", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("shown_as", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_reviews_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{other}.tenant_id", f"{other}.id"],
                name=op.f(f"fk_reviews_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, other in OTHERS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_reviews_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reviews")),
    )
    op.create_index("uq_reviews_attendee", "reviews", ["tenant_id", "attendee_id"], unique=True)
    for name, columns in INDEXES.items():
        op.create_index(name, "reviews", columns)
    isolate("reviews")
    allow("reviews", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.drop_table("reviews")
