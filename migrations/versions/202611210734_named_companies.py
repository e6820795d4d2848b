"""Keep the company that a booker on the web names, without tying the booking to that company's record."""

import sqlalchemy as sa
from alembic import op
from tables import program_login

revision = "202611210734"
down_revision = "202611210720"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bookings", sa.Column("company_named", sa.String(length=200), nullable=True))
    op.execute(f"GRANT INSERT (company_named), UPDATE (company_named) ON bookings TO {program_login()}")


def downgrade() -> None:
    op.drop_column("bookings", "company_named")
