"""Let a payment come through a gateway: whose account, what the gateway calls it, until when, and when to ask again."""

import sqlalchemy as sa
from alembic import op
from tables import program_login

revision = "202611210502"
down_revision = "202611210501"
branch_labels = None
depends_on = None


def columns() -> tuple[sa.Column, ...]:
    """New ones each time: a column belongs to one table."""
    return (
        sa.Column("gateway_account_id", sa.Uuid(), nullable=True),
        sa.Column("gateway_reference", sa.String(length=200), nullable=True),
        sa.Column("gateway_payment_id", sa.String(length=200), nullable=True),
        sa.Column("gateway_charge_id", sa.String(length=200), nullable=True),
        sa.Column("checkout_url", sa.String(length=2000), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
    )


METHODS = "'cash', 'bank_transfer', 'card_terminal', 'invoice', 'stripe', 'mpesa', 'flutterwave'"
BOOKING_METHODS = "'cash', 'card_terminal', 'bank_transfer', 'payment_link', 'account', 'free', 'stripe', 'mpesa', 'flutterwave'"
# table, constraint, column, words before
WIDENED = (
    ("payments", "ck_payments_method", "method", METHODS),
    ("bookings", "ck_bookings_payment_method", "payment_method", BOOKING_METHODS),
)
INDEXES = (
    ("ix_payments_charge", ["tenant_id", "gateway_charge_id"], {}),
    (
        "ix_payments_due",
        ["next_check_at"],
        {"postgresql_where": sa.text("status IN ('pending', 'processing') AND next_check_at IS NOT NULL")},
    ),
    (
        "uq_payments_gateway_payment",
        ["tenant_id", "gateway_account_id", "gateway_payment_id"],
        {"unique": True},
    ),
    (
        "uq_payments_gateway_reference",
        ["tenant_id", "gateway_account_id", "gateway_reference"],
        {"unique": True},
    ),
)


def upgrade() -> None:
    for column in columns():
        op.add_column("payments", column)
    op.create_check_constraint(op.f("ck_payments_fee"), "payments", "fee_minor >= 0")
    op.create_foreign_key(
        op.f("fk_payments_tenant_id_gateway_account_id"),
        "payments",
        "gateway_accounts",
        ["tenant_id", "gateway_account_id"],
        ["tenant_id", "id"],
        ondelete="RESTRICT",
    )
    for name, on, options in INDEXES:
        op.create_index(name, "payments", on, **options)
    names = ", ".join(column.name for column in columns())
    op.execute(f"GRANT INSERT ({names}), UPDATE ({names}) ON payments TO {program_login()}")
    for table, name, column, words in WIDENED:
        _hold_to(table, name, column, f"{words}, 'credit'")


def downgrade() -> None:
    for table, name, column, words in WIDENED:
        _hold_to(table, name, column, words)
    for name, _, _ in INDEXES:
        op.drop_index(name, "payments")
    for column in reversed(columns()):
        op.drop_column("payments", column.name)


def _hold_to(table: str, name: str, column: str, words: str) -> None:
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({words})")
