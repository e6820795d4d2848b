"""Create tenant_sites; let a tenant have one main address only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from tables import allow, isolate

revision = "202611210711"
down_revision = "202611210710"
branch_labels = None
depends_on = None

PICTURES = {"hero": "hero_picture_id", "logo": "logo_picture_id"}


def upgrade() -> None:
    op.create_table(
        "tenant_sites",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=True),
        sa.Column("subtitle", sa.String(length=300), nullable=True),
        sa.Column("colour", sa.String(length=7), nullable=True),
        sa.Column("biography", sa.String(length=5000), nullable=True),
        sa.Column("footer", sa.String(length=500), nullable=True),
        sa.Column(
            "social_links",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("hero_picture_id", sa.Uuid(), nullable=True),
        sa.Column("logo_picture_id", sa.Uuid(), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name=op.f("ck_tenant_sites_colour")),
        sa.CheckConstraint(
            "jsonb_typeof(social_links) = 'object'", name=op.f("ck_tenant_sites_social_links")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                ["pictures.tenant_id", "pictures.id"],
                name=op.f(f"fk_tenant_sites_tenant_id_{column}"),
                ondelete="RESTRICT",
            )
            for column in PICTURES.values()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_sites_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_sites")),
    )
    op.create_index("uq_tenant_sites_tenant", "tenant_sites", ["tenant_id"], unique=True)
    for name, column in PICTURES.items():
        op.create_index(f"ix_tenant_sites_{name}", "tenant_sites", ["tenant_id", column])
    isolate("tenant_sites")
    allow("tenant_sites")
    op.execute(
        "UPDATE tenant_domains AS later SET is_primary = false WHERE is_primary AND EXISTS (SELECT FROM tenant_domains "
        "AS first WHERE first.tenant_id = later.tenant_id AND first.is_primary AND first.host < later.host)"
    )
    op.create_index(
        "uq_tenant_domains_primary",
        "tenant_domains",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )


def downgrade() -> None:
    op.drop_index("uq_tenant_domains_primary", "tenant_domains")
    op.drop_table("tenant_sites")
