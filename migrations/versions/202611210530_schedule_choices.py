"""Create schedule_choices: what each booker wants instead of a date that was called off."""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH, allow, isolate, program_login

revision = "202611210530"
down_revision = "202611210521"
branch_labels = None
depends_on = None

MOVES = (
    ("open", ("nothing_paid", "moved", "credited", "refunded")),
    ("nothing_paid", ("open", "moved")),
)
INDEXES = (
    ("ix_schedule_choices_schedule", ["tenant_id", "schedule_id", "status"]),
    ("ix_schedule_choices_proposed", ["tenant_id", "proposed_schedule_id"]),
    ("ix_schedule_choices_called_off_by", ["tenant_id", "called_off_by_id"]),
    ("ix_schedule_choices_answered_by", ["tenant_id", "answered_by_id"]),
)
UNIQUE = (
    ("uq_schedule_choices_booking", "booking_id"),
    ("uq_schedule_choices_token", "token_digest"),
    ("uq_schedule_choices_moved_booking", "moved_booking_id"),
)
DUE = (
    "SELECT tenant_id, id FROM schedule_choices WHERE status = 'open' AND apply_at <= now() "
    "ORDER BY apply_at LIMIT at_most"
)


def upgrade() -> None:
    create_table()
    create_indexes()
    isolate("schedule_choices")
    allow("schedule_choices")
    guard_status()
    op.execute(
        "CREATE FUNCTION due_choices(at_most integer) RETURNS TABLE (tenant_id uuid, id uuid) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = {SAFE_PATH} AS $body$ {DUE} $body$"
    )
    op.execute("REVOKE ALL ON FUNCTION due_choices FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION due_choices TO {program_login()}")


def create_table() -> None:
    op.create_table(
        "schedule_choices",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_sealed", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("fallback", sa.String(length=20), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("apply_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_schedule_id", sa.Uuid(), nullable=True),
        sa.Column("called_off_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_kind", sa.String(length=10), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("moved_booking_id", sa.Uuid(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *checks(),
        foreign_key("schedule_id", "schedules"),
        foreign_key("booking_id", "bookings"),
        foreign_key("proposed_schedule_id", "schedules"),
        foreign_key("called_off_by_id", "users"),
        foreign_key("answered_by_id", "users"),
        foreign_key("moved_booking_id", "bookings"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_schedule_choices_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_schedule_choices")),
    )


def checks() -> tuple[sa.CheckConstraint, ...]:
    conditions = {
        "status": "status IN ('open', 'nothing_paid', 'moved', 'credited', 'refunded')",
        "fallback": "fallback IN ('refunded', 'credited')",
        "answered_by_kind": "answered_by_kind IN ('customer', 'user', 'system')",
        "answered": "(status IN ('open', 'nothing_paid')) = (answered_at IS NULL)",
        "moved": "(status = 'moved') = (moved_booking_id IS NOT NULL)",
        "amount": "amount_minor >= 0",
    }
    return tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_schedule_choices_{name}"))
        for name, condition in conditions.items()
    )


def foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_schedule_choices_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def create_indexes() -> None:
    for name, columns in INDEXES:
        op.create_index(name, "schedule_choices", columns)
    for name, column in UNIQUE:
        op.create_index(name, "schedule_choices", ["tenant_id", column], unique=True)
    is_open = sa.text("status = 'open'")
    op.create_index(
        "ix_schedule_choices_open",
        "schedule_choices",
        ["tenant_id", "deadline_at", "id"],
        postgresql_where=is_open,
    )
    op.create_index("ix_schedule_choices_due", "schedule_choices", ["apply_at"], postgresql_where=is_open)


def guard_status() -> None:
    for old, news in MOVES:
        for new in news:
            op.execute(
                "INSERT INTO status_transitions (subject, from_status, to_status) "
                f"VALUES ('schedule_choice', '{old}', '{new}') ON CONFLICT DO NOTHING"
            )
    op.execute(
        "CREATE TRIGGER guard_status BEFORE UPDATE OF status ON schedule_choices FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('schedule_choice')"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION due_choices")
    op.drop_table("schedule_choices")  # its moves stay in status_transitions: they bind nothing any more
