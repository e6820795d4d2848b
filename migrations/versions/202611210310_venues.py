"""Create venues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210310"
down_revision = "202611210309"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "venues",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="room", nullable=False),
        sa.Column("address_line1", sa.String(length=255), nullable=True),
        sa.Column("address_line2", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("postcode", sa.String(length=12), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("facilities", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("parking_info", sa.String(length=1000), nullable=True),
        sa.Column("directions", sa.String(length=2000), nullable=True),
        sa.Column("online_url", sa.String(length=500), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('room', 'client_site', 'online')", name=op.f("ck_venues_kind")),
        sa.CheckConstraint("capacity BETWEEN 1 AND 10000", name=op.f("ck_venues_capacity_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_venues_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_venues")),
    )
    op.create_index("ix_venues_city", "venues", ["tenant_id", "city", "name", "id"], unique=False)
    op.create_index("ix_venues_name", "venues", ["tenant_id", "name", "id"], unique=False)
    op.create_index("uq_venues_slug", "venues", ["tenant_id", "slug"], unique=True)
    isolate("venues")
    allow("venues")


def downgrade() -> None:
    op.drop_table("venues")
