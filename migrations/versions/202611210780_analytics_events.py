"""Create analytics_events: the steps of visits to the public site."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210780"
down_revision = "202611210734"
branch_labels = None
depends_on = None

STEPS = (
    "catalogue_view",
    "course_view",
    "booking_begun",
    "booking_held",
    "terms_accepted",
    "payment_begun",
)
DEVICES = ("phone", "tablet", "computer")
OTHERS = {"course_id": "courses", "schedule_id": "schedules", "booking_id": "bookings"}
INDEXES = {
    "ix_analytics_events_type": ["tenant_id", "event_type", "occurred_at"],
    "ix_analytics_events_visit": ["tenant_id", "visit"],
    "ix_analytics_events_occurred": ["tenant_id", "occurred_at"],
    "ix_analytics_events_page": ["tenant_id", "page"],
    "ix_analytics_events_course": ["tenant_id", "course_id"],
    "ix_analytics_events_schedule": ["tenant_id", "schedule_id"],
    "ix_analytics_events_booking": ["tenant_id", "booking_id"],
}


def upgrade() -> None:
    op.create_table(
        "analytics_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.String(length=30), nullable=False),
        sa.Column("visit", sa.LargeBinary(length=16), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("referrer", sa.String(length=253), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("device_type", sa.String(length=10), nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_analytics_events")),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_analytics_events_tenant_id"),
            ondelete="RESTRICT",
        ),
        *(_foreign_key(column, target) for column, target in OTHERS.items()),
        _one_of("event_type", STEPS),
        _one_of("device_type", DEVICES),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "analytics_events", columns)
    isolate("analytics_events")
    allow("analytics_events")


def _one_of(column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_analytics_events_{column}"))


def _foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_analytics_events_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_table("analytics_events")
