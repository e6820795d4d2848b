"""Create certificate_files."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210613"
down_revision = "202611210612"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_files",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "sha256 = encode(sha256(content), 'hex')", name=op.f("ck_certificate_files_digest")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "certificate_id"],
            ["certificates.tenant_id", "certificates.id"],
            name=op.f("fk_certificate_files_tenant_id_certificate_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_certificate_files_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_certificate_files")),
    )
    op.create_index(
        "uq_certificate_files_certificate", "certificate_files", ["tenant_id", "certificate_id"], unique=True
    )
    # A PDF is compressed already: trying again costs processor time and saves nothing.
    op.execute("ALTER TABLE certificate_files ALTER COLUMN content SET STORAGE EXTERNAL")
    isolate("certificate_files")
    allow("certificate_files")


def downgrade() -> None:
    op.drop_table("certificate_files")
