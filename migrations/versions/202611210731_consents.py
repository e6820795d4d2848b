"""Create consents: which text was accepted for which booking. They are written once."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate, program_login

revision = "202611210731"
down_revision = "202611210730"
branch_labels = None
depends_on = None

POINTS_TO = {"booking_id": "bookings", "terms_text_id": "terms_texts", "recorded_by_id": "users"}
# A draft may still change: nobody can have agreed to it.
CHECK_PUBLISHED = """
CREATE FUNCTION check_consent() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.terms_texts t WHERE t.tenant_id = NEW.tenant_id AND t.id = NEW.terms_text_id
                  AND t.published_at IS NULL) THEN
        RAISE EXCEPTION 'a draft cannot be accepted'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_consents_published';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("terms_text_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=201), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("channel IN ('web', 'phone')", name=op.f("ck_consents_channel")),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{table}.tenant_id", f"{table}.id"],
                name=op.f(f"fk_consents_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column, table in POINTS_TO.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_consents_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consents")),
    )
    op.create_index("uq_consents_text", "consents", ["tenant_id", "booking_id", "terms_text_id"], unique=True)
    op.create_index("ix_consents_text", "consents", ["tenant_id", "terms_text_id"])
    op.create_index("ix_consents_recorded_by", "consents", ["tenant_id", "recorded_by_id"])
    op.execute(CHECK_PUBLISHED)
    op.execute(
        "CREATE TRIGGER check_consent BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION check_consent()"
    )
    isolate("consents")
    allow("consents", "SELECT, INSERT")
    # Who asks to be forgotten is taken out; that a text was accepted stays.
    op.execute(f"GRANT UPDATE (accepted_by, address) ON consents TO {program_login()}")


def downgrade() -> None:
    op.drop_table("consents")
    op.execute("DROP FUNCTION check_consent")
