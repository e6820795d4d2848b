"""Create terms_texts: what a booker agrees to. A published text stays as it is."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210730"
down_revision = "202611210700"
branch_labels = None
depends_on = None

CHECKS = {
    "kind": "kind IN ('terms', 'waiver')",
    "title": "length(trim(title)) > 0",
    "body": "length(trim(body)) > 0 AND length(body) <= 40000",
    "number": "number > 0",
    "number_when_published": "(number IS NULL) = (published_at IS NULL)",
}
# What somebody has agreed to must be there to read, word for word.
KEEP_PUBLISHED = """
CREATE FUNCTION keep_published_terms() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'published terms stay as they are'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_terms_texts_published';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "terms_texts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_terms_texts_{name}"))
            for name, condition in CHECKS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "published_by_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_terms_texts_tenant_id_published_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_terms_texts_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_terms_texts")),
    )
    op.create_index("uq_terms_texts_number", "terms_texts", ["tenant_id", "kind", "number"], unique=True)
    op.create_index(
        "uq_terms_texts_draft",
        "terms_texts",
        ["tenant_id", "kind"],
        unique=True,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_index("ix_terms_texts_published_by", "terms_texts", ["tenant_id", "published_by_id"])
    op.execute(KEEP_PUBLISHED)
    op.execute(
        "CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON terms_texts "
        "FOR EACH ROW EXECUTE FUNCTION keep_published_terms()"
    )
    isolate("terms_texts")
    allow("terms_texts")


def downgrade() -> None:
    op.drop_table("terms_texts")
    op.execute("DROP FUNCTION keep_published_terms")
