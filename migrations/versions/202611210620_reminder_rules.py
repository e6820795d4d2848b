"""Create reminder_rules: when which mail goes out by itself; every tenant begins with the same ones."""

import sqlalchemy as sa
from alembic import op
from tables import allow, isolate

revision = "202611210620"
down_revision = "202611210614"
branch_labels = None
depends_on = None

# (name, moment, days, template)
SEEDS = (
    ("Joining instructions, a week before", "before_start", 7, "joining_instructions"),
    ("Reminder, the day before", "before_start", 1, "reminder"),
    ("Thanks, the day after", "after_end", 1, "thanks"),
    ("Names missing, a week before", "names_missing", 7, "names_missing"),
    ("Names missing, two days before", "names_missing", 2, "names_missing"),
    ("Certificate expires in 90 days", "certificate_expiry", 90, "certificate_expiring"),
    ("Certificate expires in 60 days", "certificate_expiry", 60, "certificate_expiring"),
    ("Certificate expires in 30 days", "certificate_expiry", 30, "certificate_expiring"),
    ("Certificate expires in 7 days", "certificate_expiry", 7, "certificate_expiring"),
)
CHECKS = {
    "moment": "moment IN ('before_start', 'after_end', 'names_missing', 'certificate_expiry')",
    "days": "days BETWEEN 0 AND 365",
    "hours": "hours BETWEEN 0 AND 23",
    "name": "length(trim(name)) > 0",
}


def upgrade() -> None:
    op.create_table(
        "reminder_rules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("moment", sa.String(length=20), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), server_default="0", nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_reminder_rules_{name}"))
            for name, condition in CHECKS.items()
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "course_id"],
            ["courses.tenant_id", "courses.id"],
            name=op.f("fk_reminder_rules_tenant_id_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_reminder_rules_tenant_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reminder_rules")),
    )
    op.create_index("ix_reminder_rules_course", "reminder_rules", ["tenant_id", "course_id"])
    op.create_index(
        "uq_reminder_rules_same",
        "reminder_rules",
        ["tenant_id", "moment", "template", "days", "hours", "course_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    isolate("reminder_rules")
    allow("reminder_rules", "SELECT, INSERT, UPDATE")
    seed()


def seed() -> None:
    for name, moment, days, template in SEEDS:
        op.execute(
            "INSERT INTO reminder_rules (tenant_id, id, name, moment, days, template) "
            f"SELECT id, gen_random_uuid(), '{name}', '{moment}', {days}, '{template}' FROM tenants"
        )


def downgrade() -> None:
    op.drop_table("reminder_rules")
