"""Create mail_wordings: a provider's own words for a mail."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210640"
down_revision = "202611210632"
branch_labels = None
depends_on = None

CHECKS = {
    "subject": "length(trim(subject)) > 0",
    "body": "length(trim(body)) > 0 AND length(body) <= 8000",
}


def upgrade() -> None:
    op.create_table(
        "mail_wordings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_mail_wordings_{name}"))
            for name, condition in CHECKS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_mail_wordings_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_mail_wordings")),
    )
    op.create_index("uq_mail_wordings_template", "mail_wordings", ["tenant_id", "template"], unique=True)
    isolate("mail_wordings")
    allow("mail_wordings")


def downgrade() -> None:
    op.drop_table("mail_wordings")
