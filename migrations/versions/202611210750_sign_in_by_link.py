"""Let customers sign in by a mailed link, and keep the key of the calendar that they may have of their bookings."""

import sqlalchemy as sa
from alembic import op

revision = "202611210750"
down_revision = "202611210711"
branch_labels = None
depends_on = None

BEFORE = "purpose IN ('invitation', 'password_reset')"
AFTER = "purpose IN ('invitation', 'password_reset', 'sign_in')"


def upgrade() -> None:
    _purposes(AFTER)
    op.add_column("users", sa.Column("calendar_key", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "calendar_key")
    op.execute("DELETE FROM user_tokens WHERE purpose = 'sign_in'")
    _purposes(BEFORE)


def _purposes(condition: str) -> None:
    name = op.f("ck_user_tokens_purpose")
    op.drop_constraint(name, "user_tokens", type_="check")
    op.create_check_constraint(name, "user_tokens", condition)
