"""Create pictures; give courses and instructors one, and instructors a public profile."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210710"
down_revision = "202611210762"
branch_labels = None
depends_on = None

CHECKS = {
    "size": "octet_length(large) <= 524288 AND octet_length(small) <= 524288",
    "digest": "sha256 = encode(sha256(large), 'hex') AND small_sha256 = encode(sha256(small), 'hex')",
    "measures": "width BETWEEN 1 AND 960 AND height BETWEEN 1 AND 1200 AND small_width BETWEEN 1 AND 480",
}


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("small_sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("small_width", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_pictures_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_pictures_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pictures")),
    )
    op.create_index("ix_pictures_sha256", "pictures", ["tenant_id", "sha256"])
    op.create_index("ix_pictures_small_sha256", "pictures", ["tenant_id", "small_sha256"])
    isolate("pictures")
    # Never changed: another picture is another row.
    allow("pictures", "SELECT, INSERT, DELETE, UPDATE (updated_at)")
    for table in ("courses", "instructors"):
        op.add_column(table, sa.Column("picture_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_tenant_id_picture_id"),
            table,
            "pictures",
            ["tenant_id", "picture_id"],
            ["tenant_id", "id"],
            ondelete="RESTRICT",
        )
        op.create_index(f"ix_{table}_picture", table, ["tenant_id", "picture_id"])
    op.add_column(
        "instructors", sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("instructors", "is_published")
    for table in ("courses", "instructors"):
        op.drop_column(table, "picture_id")
    op.drop_table("pictures")
