"""Create attendances: one attendee on one day of a date."""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH, allow, definer, isolate

revision = "202611210600"
down_revision = "202611210651"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_attendances_day", ["tenant_id", "schedule_day_id", "status"]),
    ("ix_attendances_marked_by", ["tenant_id", "marked_by_id"]),
)

# A day of another date is nobody's attendance here. What was marked before a booking moved stays with its day.
OWN_DAY = """
BEGIN
    PERFORM 1 FROM attendees a
      JOIN schedule_days d ON d.tenant_id = a.tenant_id AND d.schedule_id = a.schedule_id
     WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.attendee_id AND d.id = NEW.schedule_day_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a day of another date' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_attendances_own_day';
    END IF;
    RETURN NULL;
END
"""


def upgrade() -> None:
    op.create_table(
        "attendances",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_day_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("marked_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('present', 'late', 'left_early', 'absent')", name=op.f("ck_attendances_status")
        ),
        foreign_key("attendee_id", "attendees"),
        foreign_key("schedule_day_id", "schedule_days"),
        foreign_key("marked_by_id", "users"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_attendances_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attendances")),
    )
    op.create_index(
        "uq_attendances_attendee_day",
        "attendances",
        ["tenant_id", "attendee_id", "schedule_day_id"],
        unique=True,
    )
    for name, columns in INDEXES:
        op.create_index(name, "attendances", columns)
    isolate("attendances")
    allow("attendances")
    definer("keep_own_day", OWN_DAY, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER own_day AFTER INSERT OR UPDATE OF attendee_id, schedule_day_id ON attendances "
        "FOR EACH ROW EXECUTE FUNCTION keep_own_day()"
    )


def foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_attendances_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_table("attendances")
    op.execute("DROP FUNCTION keep_own_day")
