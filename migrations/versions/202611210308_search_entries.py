"""Create search_entries."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210308"
down_revision = "202611210307"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(length=1200), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_search_entries_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "subject_type", "subject_id", name=op.f("pk_search_entries")),
    )
    op.create_index(
        "ix_search_entries_words",
        "search_entries",
        ["words"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )
    isolate("search_entries")
    allow("search_entries", "SELECT")


def downgrade() -> None:
    op.drop_table("search_entries")
