"""Create waiting_entry_dates: the dates that a waiting party would take, and the booking that offers one."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210761"
down_revision = "202611210760"
branch_labels = None
depends_on = None

MOVES = (
    ("waiting", ("offered", "ended")),
    ("offered", ("accepted", "declined", "lapsed")),
    ("lapsed", ("accepted",)),
)
CHECKS = {
    "status": "status IN ('waiting', 'offered', 'accepted', 'declined', 'lapsed', 'ended')",
    "offered_booking": "status IN ('waiting', 'ended') OR booking_id IS NOT NULL",
    "offered_at": "(booking_id IS NULL) = (offered_at IS NULL)",
}
KEYS = {"entry_id": "waiting_entries", "schedule_id": "schedules", "booking_id": "bookings"}
# name, columns, unique, condition
INDEXES = (
    ("uq_waiting_entry_dates_pair", ["entry_id", "schedule_id"], True, None),
    ("uq_waiting_entry_dates_offer", ["entry_id"], True, "status = 'offered'"),
    ("uq_waiting_entry_dates_booking", ["booking_id"], True, None),
    (
        "uq_waiting_entry_dates_address",
        ["schedule_id", "contact_email"],
        True,
        "status IN ('waiting', 'offered')",
    ),
    ("ix_waiting_entry_dates_schedule", ["schedule_id", "status"], False, None),
    ("ix_waiting_entry_dates_waiting", ["schedule_id"], False, "status = 'waiting'"),
)


def upgrade() -> None:
    create_table()
    for name, columns, unique, condition in INDEXES:
        op.create_index(
            name,
            "waiting_entry_dates",
            ["tenant_id", *columns],
            unique=unique,
            postgresql_where=sa.text(condition) if condition else None,
        )
    isolate("waiting_entry_dates")
    allow("waiting_entry_dates")
    guard_status()


def create_table() -> None:
    op.create_table(
        "waiting_entry_dates",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_waiting_entry_dates_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{target}.tenant_id", f"{target}.id"],
                name=op.f(f"fk_waiting_entry_dates_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, target in KEYS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_waiting_entry_dates_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_waiting_entry_dates")),
    )


def guard_status() -> None:
    for old, news in MOVES:
        for new in news:
            op.execute(
                "INSERT INTO status_transitions (subject, from_status, to_status) "
                f"VALUES ('waiting_date', '{old}', '{new}') ON CONFLICT DO NOTHING"
            )
    op.execute(
        "CREATE TRIGGER guard_status BEFORE UPDATE OF status ON waiting_entry_dates FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('waiting_date')"
    )


def downgrade() -> None:
    op.drop_table("waiting_entry_dates")  # its moves stay in status_transitions: they bind nothing any more
