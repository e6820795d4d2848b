"""Create bulk_mails: one mail to everybody of a date."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210641"
down_revision = "202611210640"
branch_labels = None
depends_on = None

CHECKS = {
    "status": "status IN ('draft', 'sending', 'stopped', 'done')",
    "audience": "audience IN ('bookers', 'attendees', 'both')",
    "subject": "length(trim(subject)) > 0",
    "body": "length(trim(body)) > 0 AND length(body) <= 8000",
    "progress": "queued >= 0 AND queued <= total",
    "batch": "(status = 'sending') = (next_batch_at IS NOT NULL)",
}
OTHERS = {"schedule_id": "schedules", "asked_by_id": "users"}


def upgrade() -> None:
    op.create_table(
        "bulk_mails",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("queued", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_batch_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_bulk_mails_{name}"))
            for name, condition in CHECKS.items()
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{other}.tenant_id", f"{other}.id"],
                name=op.f(f"fk_bulk_mails_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, other in OTHERS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_bulk_mails_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bulk_mails")),
    )
    op.create_index("ix_bulk_mails_schedule", "bulk_mails", ["tenant_id", "schedule_id", "created_at"])
    op.create_index("ix_bulk_mails_asked_by", "bulk_mails", ["tenant_id", "asked_by_id"])
    op.create_index("ix_bulk_mails_due", "bulk_mails", ["tenant_id", "next_batch_at"])
    isolate("bulk_mails")
    allow("bulk_mails", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.drop_table("bulk_mails")
