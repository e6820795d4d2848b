"""Create status_transitions, with every move that is allowed."""

import sqlalchemy as sa
from alembic import op
from tables import allow

revision = "202611210301"
down_revision = "202611210300"
branch_labels = None
depends_on = None


MOVES = (
    ("booking", "pending", ("confirmed", "cancelled", "expired")),
    ("booking", "expired", ("confirmed",)),
    ("booking", "confirmed", ("completed", "no_show", "cancelled")),
    ("booking", "completed", ("no_show",)),
    ("booking", "no_show", ("completed",)),
    ("payment", "pending", ("processing", "succeeded", "failed", "cancelled")),
    ("payment", "processing", ("succeeded", "failed", "cancelled")),
    ("payment", "failed", ("succeeded",)),
    ("payment", "cancelled", ("succeeded",)),
    ("refund", "requested", ("approved", "declined")),
    ("refund", "approved", ("processing",)),
    ("refund", "processing", ("succeeded", "failed")),
    ("refund", "succeeded", ("failed",)),
    ("schedule", "draft", ("published", "cancelled")),
    ("schedule", "published", ("completed", "cancelled", "draft")),
    ("schedule", "completed", ("published",)),
    ("message", "queued", ("sent", "failed")),
    ("message", "failed", ("queued",)),
    ("message", "sent", ("bounced",)),
    ("certificate", "valid", ("replaced", "revoked")),
)


def upgrade() -> None:
    op.create_table(
        "status_transitions",
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=False),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("subject", "from_status", "to_status", name=op.f("pk_status_transitions")),
    )
    table = sa.table(
        "status_transitions", sa.column("subject"), sa.column("from_status"), sa.column("to_status")
    )
    op.bulk_insert(
        table,
        [
            {"subject": subject, "from_status": old, "to_status": new}
            for subject, old, news in MOVES
            for new in news
        ],
    )
    allow("status_transitions", "SELECT")


def downgrade() -> None:
    op.drop_table("status_transitions")
