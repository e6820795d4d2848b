"""Create certificates: one that is valid for each attendee, and a status that moves only along its table."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210612"
down_revision = "202611210611"
branch_labels = None
depends_on = None

# column -> the table that it points to
KEYS = {
    "attendee_id": "attendees",
    "schedule_id": "schedules",
    "course_id": "courses",
    "booking_id": "bookings",
    "user_id": "users",
    "run_id": "certificate_runs",
    "replaces_id": "certificates",
}
CHECKS = {
    "status": "status IN ('valid', 'replaced', 'revoked')",
    "making": "making IN ('waiting', 'made', 'failed')",
    "attempts": "attempts >= 0",
    "code": "length(code) = 22",
    "holder": "length(trim(holder_first_name || holder_last_name)) > 0",
    "taught": "taught_until >= taught_from",
    "expiry": "expires_on > taught_until",
    "ended": "(status = 'valid') = (ended_at IS NULL)",
    "reason": "status = 'valid' OR length(trim(status_reason)) > 0",
}
WHERE = {
    "uq_certificates_live": "status = 'valid'",
    "ix_certificates_waiting": "making = 'waiting'",
    "ix_certificates_attention": "status = 'valid' AND (needs_review OR making = 'failed')",
}
INDEXES = {
    "uq_certificates_live": ("attendee_id",),
    "uq_certificates_number": ("number",),
    "uq_certificates_code": ("code",),
    "uq_certificates_replaces": ("replaces_id",),
    "ix_certificates_attendee": ("attendee_id",),
    "ix_certificates_schedule": ("schedule_id",),
    "ix_certificates_booking": ("booking_id",),
    "ix_certificates_user": ("user_id", "course_id"),
    "ix_certificates_run": ("run_id",),
    "ix_certificates_waiting": ("run_id", "attempts", "id"),
    "ix_certificates_attention": ("created_at",),
    "ix_certificates_created": ("created_at", "id"),
    "ix_certificates_status": ("status", "created_at", "id"),
    "ix_certificates_course": ("course_id", "created_at", "id"),
    "ix_certificates_expires": ("expires_on", "id"),
    "ix_certificates_holder": ("holder_last_name", "id"),
}


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attendee_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=22), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="valid", nullable=False),
        sa.Column("holder_first_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("holder_last_name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("course_title", sa.String(length=200), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("instructors", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("taught_from", sa.Date(), nullable=False),
        sa.Column("taught_until", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("wording", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("status_reason", sa.String(length=500), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("needs_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("making", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_certificates_{name}")) for name, rule in CHECKS.items()),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{table}.tenant_id", f"{table}.id"],
                name=op.f(f"fk_certificates_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, table in KEYS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_certificates_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_certificates")),
    )
    for name, columns in INDEXES.items():
        where = sa.text(WHERE[name]) if name in WHERE else None
        op.create_index(
            name,
            "certificates",
            ["tenant_id", *columns],
            unique=name.startswith("uq_"),
            postgresql_where=where,
        )
    op.execute(
        "CREATE TRIGGER guard_status BEFORE UPDATE OF status ON certificates FOR EACH ROW "
        "WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_status('certificate')"
    )
    isolate("certificates")
    allow("certificates")


def downgrade() -> None:
    op.drop_table("certificates")
