"""Serve the last two filters of the bookings list from indexes: unpaid before the start, and where a booking came from.

Without one the list is walked in its order until a page is full: through the whole book where few rows fit.
"""

from alembic import op

revision = "202611210461"
down_revision = "202611210460"
branch_labels = None
depends_on = None

UNPAID = "WHERE payment_status IN ('unpaid', 'part_paid', 'failed') AND status IN ('pending', 'confirmed')"
# What is unpaid in each order of the list. The start goes along, so that counting reads the index alone.
INDEXES = {
    "ix_bookings_unpaid_booked": f"(tenant_id, booked_at, id) INCLUDE (starts_at) {UNPAID}",
    "ix_bookings_unpaid_starts": f"(tenant_id, starts_at, id) {UNPAID}",
    "ix_bookings_unpaid_reference": f"(tenant_id, reference, id) INCLUDE (starts_at) {UNPAID}",
    "ix_bookings_source": "(tenant_id, source, booked_at, id)",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON bookings {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
