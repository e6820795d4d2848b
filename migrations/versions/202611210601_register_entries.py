"""Create register_entries: outcome, note and exception of one attendee."""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH, allow, definer, isolate

revision = "202611210601"
down_revision = "202611210600"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_register_entries_marked_by", ["tenant_id", "marked_by_id"]),
    ("ix_register_entries_exception_by", ["tenant_id", "exception_by_id"]),
)

# Nobody passed on a date to come because of one that was left; whoever saves an older view is told by the version.
LEAVE_DATE = """
BEGIN
    UPDATE register_entries
       SET outcome = 'not_assessed', note_sealed = NULL, has_shown_identity = false, exception_reason = NULL,
           exception_by_id = NULL, exception_at = NULL, version = version + 1, updated_at = now()
     WHERE tenant_id = NEW.tenant_id AND attendee_id = NEW.id;
    RETURN NULL;
END
"""


def upgrade() -> None:
    op.create_table(
        "register_entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=20), server_default="not_assessed", nullable=False),
        sa.Column("note_sealed", sa.String(length=8000), nullable=True),
        sa.Column("has_shown_identity", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("exception_reason", sa.String(length=500), nullable=True),
        sa.Column("exception_by_id", sa.Uuid(), nullable=True),
        sa.Column("exception_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("marked_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *checks(),
        foreign_key("attendee_id", "attendees"),
        foreign_key("marked_by_id", "users"),
        foreign_key("exception_by_id", "users"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_register_entries_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_entries")),
    )
    op.create_index(
        "uq_register_entries_attendee", "register_entries", ["tenant_id", "attendee_id"], unique=True
    )
    for name, columns in INDEXES:
        op.create_index(name, "register_entries", columns)
    isolate("register_entries")
    allow("register_entries")
    definer("leave_register", LEAVE_DATE, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER leave_register AFTER UPDATE OF schedule_id ON attendees FOR EACH ROW "
        "WHEN (OLD.schedule_id <> NEW.schedule_id) EXECUTE FUNCTION leave_register()"
    )


def checks() -> tuple[sa.CheckConstraint, ...]:
    conditions = {
        "outcome": "outcome IN ('passed', 'referred', 'not_assessed')",
        "exception": "(exception_reason IS NULL) = (exception_at IS NULL)",
        "version": "version >= 0",
    }
    return tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_register_entries_{name}"))
        for name, condition in conditions.items()
    )


def foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_register_entries_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER leave_register ON attendees")
    op.execute("DROP FUNCTION leave_register")
    op.drop_table("register_entries")
