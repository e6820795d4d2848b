"""Add the indexes that the requirements name and no other one serves: what is active, places by status, audience."""

import sqlalchemy as sa
from alembic import op

revision = "202611210420"
down_revision = "202611210411"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_courses_audience", "courses", ("audience",)),
    ("ix_courses_published", "courses", ("is_published",)),
    ("ix_schedules_places", "schedules", ("status", "seats_taken")),
    ("ix_import_runs_status", "import_runs", ("status", "created_at")),
)
# Of what is not put away.
ACTIVE = (
    ("ix_courses_active", "courses", "title"),
    ("ix_venues_active", "venues", "name"),
    ("ix_instructors_active", "instructors", "name"),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, ["tenant_id", *columns])
    for name, table, column in ACTIVE:
        op.create_index(
            name, table, ["tenant_id", column, "id"], postgresql_where=sa.text("archived_at IS NULL")
        )


def downgrade() -> None:
    for name, table, _ in (*ACTIVE, *INDEXES):
        op.drop_index(name, table)
