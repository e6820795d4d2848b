"""Find the places whose names are missing without reading every attendee: the office asks before each date."""

import sqlalchemy as sa
from alembic import op

revision = "202611210440"
down_revision = "202611210431"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_attendees_unnamed",
        "attendees",
        ["tenant_id", "booking_id"],
        postgresql_where=sa.text("first_name = '' AND last_name = '' AND cancelled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_attendees_unnamed", "attendees")
