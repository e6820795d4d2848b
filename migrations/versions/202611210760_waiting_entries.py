"""Create waiting_entries: parties that wait for places on full dates of one course."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210760"
down_revision = "202611210770"
branch_labels = None
depends_on = None

MOVES = (
    ("waiting", ("offered", "accepted", "left", "ended")),
    ("offered", ("waiting", "accepted", "left", "ended")),
    ("ended", ("accepted",)),
)
CHECKS = {
    "status": "status IN ('waiting', 'offered', 'accepted', 'left', 'ended')",
    "source": "source IN ('web', 'phone')",
    "places": "places BETWEEN 1 AND 100",
    "contact_email_lower": "contact_email = lower(contact_email)",
    "reachable": "contact_email IS NOT NULL OR contact_phone IS NOT NULL",
}
KEYS = {"course_id": "courses", "customer_id": "users", "added_by_id": "users"}


def upgrade() -> None:
    create_table()
    op.create_index("uq_waiting_entries_token", "waiting_entries", ["tenant_id", "token_digest"], unique=True)
    op.create_index("ix_waiting_entries_course", "waiting_entries", ["tenant_id", "course_id"])
    op.create_index("ix_waiting_entries_customer", "waiting_entries", ["tenant_id", "customer_id"])
    op.create_index("ix_waiting_entries_added_by", "waiting_entries", ["tenant_id", "added_by_id"])
    op.create_index(
        "ix_waiting_entries_email",
        "waiting_entries",
        ["tenant_id", "contact_email"],
        postgresql_where=sa.text("status IN ('waiting', 'offered')"),
    )
    isolate("waiting_entries")
    allow("waiting_entries")
    guard_status()


def create_table() -> None:
    op.create_table(
        "waiting_entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contact_first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("contact_last_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=True),
        sa.Column("contact_phone", sa.String(length=20), nullable=True),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column(
            "joined_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_sealed", sa.String(length=500), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_waiting_entries_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{target}.tenant_id", f"{target}.id"],
                name=op.f(f"fk_waiting_entries_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, target in KEYS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_waiting_entries_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_waiting_entries")),
    )


def guard_status() -> None:
    for old, news in MOVES:
        for new in news:
            op.execute(
                "INSERT INTO status_transitions (subject, from_status, to_status) "
                f"VALUES ('waiting_entry', '{old}', '{new}') ON CONFLICT DO NOTHING"
            )
    op.execute(
        "CREATE TRIGGER guard_status BEFORE UPDATE OF status ON waiting_entries FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('waiting_entry')"
    )


def downgrade() -> None:
    op.drop_table("waiting_entries")  # its moves stay in status_transitions: they bind nothing any more
