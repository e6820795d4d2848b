"""Create credit_entries and credit_balances: what customers keep with the provider instead of money back."""

import sqlalchemy as sa
from alembic import op
from tables import SAFE_PATH, allow, definer, isolate

revision = "202611210520"
down_revision = "202611210560"
branch_labels = None
depends_on = None

# The row of the balance is locked by its update: who spends at the same time waits, and the CHECK sees the sum.
COUNT = """
BEGIN
    UPDATE credit_balances SET balance_minor = balance_minor + NEW.amount_minor
     WHERE tenant_id = NEW.tenant_id AND customer_id = NEW.customer_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        INSERT INTO credit_balances AS kept (tenant_id, id, customer_id, currency, balance_minor)
        VALUES (NEW.tenant_id, NEW.id, NEW.customer_id, NEW.currency, NEW.amount_minor)
        ON CONFLICT (tenant_id, customer_id, currency)
        DO UPDATE SET balance_minor = kept.balance_minor + NEW.amount_minor;
    END IF;
    RETURN NULL;
END
"""


def foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=op.f(f"fk_{table}_tenant_id_{column}"),
        ondelete="RESTRICT",
    )


def to_tenant(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_tenant_id")
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=name, ondelete="RESTRICT")


def upgrade() -> None:
    create_entries()
    create_balances()
    definer("count_credit", COUNT, path=SAFE_PATH)
    op.execute(
        "CREATE TRIGGER count_credit AFTER INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION count_credit()"
    )


def create_entries() -> None:
    op.create_table(
        "credit_entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), server_default="", nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('from_refund', 'used', 'adjusted', 'expired')", name=op.f("ck_credit_entries_kind")
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'from_refund' THEN amount_minor > 0 WHEN 'adjusted' THEN amount_minor <> 0 "
            "ELSE amount_minor < 0 END",
            name=op.f("ck_credit_entries_sign"),
        ),
        sa.CheckConstraint(
            "(kind = 'from_refund') = (refund_id IS NOT NULL)", name=op.f("ck_credit_entries_refund")
        ),
        sa.CheckConstraint(
            "(kind = 'used') = (payment_id IS NOT NULL)", name=op.f("ck_credit_entries_payment")
        ),
        foreign_key("credit_entries", "customer_id", "users"),
        foreign_key("credit_entries", "payment_id", "payments"),
        foreign_key("credit_entries", "refund_id", "refunds"),
        foreign_key("credit_entries", "booking_id", "bookings"),
        foreign_key("credit_entries", "made_by_id", "users"),
        to_tenant("credit_entries"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_entries")),
    )
    for name, column in (
        ("uq_credit_entries_refund", "refund_id"),
        ("uq_credit_entries_payment", "payment_id"),
    ):
        op.create_index(name, "credit_entries", ["tenant_id", column], unique=True)
    op.create_index("ix_credit_entries_customer", "credit_entries", ["tenant_id", "customer_id", "id"])
    op.create_index("ix_credit_entries_booking", "credit_entries", ["tenant_id", "booking_id"])
    op.create_index("ix_credit_entries_made_by", "credit_entries", ["tenant_id", "made_by_id"])
    op.create_index("ix_credit_entries_happened", "credit_entries", ["tenant_id", "happened_at", "id"])
    isolate("credit_entries")
    allow("credit_entries", "SELECT, INSERT")


def create_balances() -> None:
    op.create_table(
        "credit_balances",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance_minor >= 0", name=op.f("ck_credit_balances_covered")),
        foreign_key("credit_balances", "customer_id", "users"),
        to_tenant("credit_balances"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_balances")),
    )
    op.create_index(
        "uq_credit_balances_customer",
        "credit_balances",
        ["tenant_id", "customer_id", "currency"],
        unique=True,
    )
    isolate("credit_balances")
    allow("credit_balances", "SELECT")


def downgrade() -> None:
    op.drop_table("credit_balances")
    op.drop_table("credit_entries")
    op.execute("DROP FUNCTION count_credit")
