"""Create corporate_requests: what companies ask for, from the public form to their private date."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from tables import allow, isolate

revision = "202611210770"
down_revision = "202611210733"
branch_labels = None
depends_on = None

TABLE = "corporate_requests"
MOVES = (
    ("pending", ("reviewing", "rejected")),
    ("reviewing", ("quoted", "confirmed", "rejected")),
    ("quoted", ("reviewing", "confirmed", "rejected")),
    ("confirmed", ("completed", "reviewing")),
    ("completed", ("confirmed",)),
    ("rejected", ("reviewing",)),
)
FOREIGN_KEYS = (
    ("course_id", "courses"),
    ("assigned_instructor_id", "instructors"),
    ("responded_by_id", "users"),
    ("company_id", "companies"),
    ("schedule_id", "schedules"),
    ("booking_id", "bookings"),
)
CHECKS = {
    "status": "status IN ('pending', 'reviewing', 'quoted', 'confirmed', 'rejected', 'completed')",
    "source": "source IN ('web', 'phone')",
    "quote_answer": "quote_answer IN ('accepted', 'declined')",
    "email_lower": "email = lower(email)",
    "preferred_dates": "jsonb_array_length(preferred_dates) <= 5",
    "headcount": "headcount BETWEEN 1 AND 1000",
    "quoted_places": "quoted_places BETWEEN 1 AND 1000",
    "quoted_price": "quoted_price_minor BETWEEN 0 AND 100000000",
    "quote": "status <> 'quoted' OR (quoted_price_minor IS NOT NULL AND quoted_places IS NOT NULL)",
    "answered": "(quote_answer IS NULL) = (quote_answered_at IS NULL)",
    "reason": "status <> 'rejected' OR rejection_reason IS NOT NULL",
    "date_and_booking": "(status IN ('confirmed', 'completed')) = (booking_id IS NOT NULL) "
    "AND (booking_id IS NULL) = (schedule_id IS NULL)",
}
UNIQUE = (
    ("reference", "reference"),
    ("once_key", "once_key"),
    ("booking", "booking_id"),
    ("schedule", "schedule_id"),
)
INDEXES = (
    ("created", ["tenant_id", "created_at", "id"]),
    ("status", ["tenant_id", "status", "created_at", "id"]),
    ("email", ["tenant_id", "email"]),
    ("company_name", ["tenant_id", sa.text("lower(company_name)")]),
    ("instructor", ["tenant_id", "assigned_instructor_id", "status"]),
    ("course", ["tenant_id", "course_id"]),
    ("company", ["tenant_id", "company_id"]),
    ("responded_by", ["tenant_id", "responded_by_id"]),
)


def upgrade() -> None:
    create_table()
    for name, column in UNIQUE:
        op.create_index(f"uq_{TABLE}_{name}", TABLE, ["tenant_id", column], unique=True)
    for name, columns in INDEXES:
        op.create_index(f"ix_{TABLE}_{name}", TABLE, columns)
    isolate(TABLE)
    allow(TABLE)
    guard_status()


def create_table() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *asked(),
        *answered(),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_{TABLE}_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(foreign_key(column, target) for column, target in FOREIGN_KEYS),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f(f"fk_{TABLE}_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{TABLE}")),
    )


def asked() -> list[sa.Column]:
    """What the company asks for."""
    return [
        sa.Column("reference", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=10), server_default="web", nullable=False),
        sa.Column("company_name", sa.String(length=200), nullable=False),
        sa.Column("contact_person", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=500), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("preferred_dates", JSONB(), server_default="[]", nullable=False),
        sa.Column("preferred_time", sa.String(length=100), nullable=True),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("notes", sa.String(length=5000), nullable=True),
    ]


def answered() -> list[sa.Column]:
    """What became of it."""
    return [
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("assigned_instructor_id", sa.Uuid(), nullable=True),
        sa.Column("admin_notes", sa.String(length=5000), nullable=True),
        sa.Column("quoted_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("quoted_places", sa.Integer(), nullable=True),
        sa.Column("quote_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quote_message", sa.String(length=2000), nullable=True),
        sa.Column("quote_valid_until", sa.Date(), nullable=True),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quote_answer", sa.String(length=10), nullable=True),
        sa.Column("quote_answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quote_answer_words", sa.String(length=1000), nullable=True),
        sa.Column("rejection_reason", sa.String(length=1000), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_by_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("once_key", sa.String(length=80), nullable=True),
    ]


def foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_{TABLE}_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def guard_status() -> None:
    for old, news in MOVES:
        for new in news:
            op.execute(
                "INSERT INTO status_transitions (subject, from_status, to_status) "
                f"VALUES ('corporate_request', '{old}', '{new}') ON CONFLICT DO NOTHING"
            )
    op.execute(
        f"CREATE TRIGGER guard_status BEFORE UPDATE OF status ON {TABLE} FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('corporate_request')"
    )


def downgrade() -> None:
    op.drop_table(TABLE)  # its moves stay in status_transitions: they bind nothing any more
