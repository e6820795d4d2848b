"""Count what each customer booked and spent: a view, so that it is never out of date."""

from alembic import op
from tables import allow

revision = "202611210342"
down_revision = "202611210341"
branch_labels = None
depends_on = None

VIEW = """
CREATE VIEW customer_stats WITH (security_invoker = true) AS
SELECT tenant_id, customer_id AS user_id, count(*) AS total_bookings,
       sum(paid_minor - refunded_minor)::bigint AS total_spent_minor, max(booked_at) AS last_booked_at
  FROM bookings
 GROUP BY tenant_id, customer_id
"""


def upgrade() -> None:
    op.execute(VIEW)
    allow("customer_stats", "SELECT")


def downgrade() -> None:
    op.execute("DROP VIEW customer_stats")
