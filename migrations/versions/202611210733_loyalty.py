"""Let a discount rule be for customers who have been on so many courses already."""

import sqlalchemy as sa
from alembic import op

revision = "202611210733"
down_revision = "202611210732"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("discount_rules", sa.Column("minimum_past_courses", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_discount_rules_minimum_past_courses"),
        "discount_rules",
        "minimum_past_courses BETWEEN 1 AND 100",
    )


def downgrade() -> None:
    op.drop_column("discount_rules", "minimum_past_courses")
