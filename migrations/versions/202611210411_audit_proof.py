"""Prove that audit entries were written by the program, and where their chain ends.

Nobody but the program has the keys: an entry that the owner of the database adds has no proof that fits, and a chain
that was cut ends elsewhere than its head says.
"""

import sqlalchemy as sa
from alembic import op
from tables import allow, definer, isolate, program_login

revision = "202611210411"
down_revision = "202611210410"
branch_labels = None
depends_on = None

TO_SEAL = """
BEGIN
    RETURN QUERY SELECT tenants.id FROM tenants WHERE EXISTS (
        SELECT 1 FROM audit_events e
         WHERE e.tenant_id = tenants.id AND e.id >= oldest
           AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.tenant_id = e.tenant_id AND s.event_id = e.id));
END
"""


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("proof", sa.String(length=80), nullable=True))
    op.add_column("audit_seals", sa.Column("key_id", sa.String(length=8), server_default="", nullable=False))
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seal_proof", sa.String(length=80), server_default="", nullable=False),
        sa.Column("proof", sa.String(length=80), server_default="", nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_audit_heads_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_heads")),
    )
    isolate("audit_heads")
    allow("audit_heads", "SELECT, INSERT, UPDATE")
    definer("tenants_to_seal", TO_SEAL, arguments="oldest uuid", returns="SETOF uuid")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenants_to_seal TO {program_login()}")


def downgrade() -> None:
    op.execute("DROP FUNCTION tenants_to_seal")
    op.drop_table("audit_heads")
    op.drop_column("audit_seals", "key_id")
    op.drop_column("audit_events", "proof")
