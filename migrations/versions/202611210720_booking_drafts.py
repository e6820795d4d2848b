"""Create booking_drafts: what visitors have typed into the booking pages, and the holds that came of it."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210720"
down_revision = "202611210750"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booking_drafts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("typed_sealed", sa.String(length=700_000), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_booking_drafts_revision")),
        sa.CheckConstraint(
            "accepted_at IS NULL OR booking_id IS NOT NULL", name=op.f("ck_booking_drafts_accepted")
        ),
        foreign_key("schedule_id", "schedules"),
        foreign_key("booking_id", "bookings"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_booking_drafts_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_booking_drafts")),
    )
    op.create_index("uq_booking_drafts_booking", "booking_drafts", ["tenant_id", "booking_id"], unique=True)
    op.create_index(
        "ix_booking_drafts_address", "booking_drafts", ["tenant_id", "schedule_id", "address_digest"]
    )
    op.create_index("ix_booking_drafts_updated", "booking_drafts", ["tenant_id", "updated_at"])
    isolate("booking_drafts")
    allow("booking_drafts")


def foreign_key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_booking_drafts_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_table("booking_drafts")
