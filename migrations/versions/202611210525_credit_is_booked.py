"""Keep payments and refunds by credit beside their lines of credit.

A payment by credit that is in has taken just that much of the customer's credit, and a refund kept as credit has given just
that much. Checked at the commit, so that the two may be written in either order.
"""

from alembic import op
from tables import SAFE_PATH, definer

revision = "202611210525"
down_revision = "202611210570"
branch_labels = None
depends_on = None

HAS_LINE = """
BEGIN
    PERFORM 1 FROM credit_entries
      WHERE tenant_id = NEW.tenant_id AND currency = NEW.currency
        AND CASE TG_TABLE_NAME WHEN 'payments' THEN payment_id = NEW.id AND amount_minor = -NEW.amount_minor
            ELSE refund_id = NEW.id AND amount_minor = NEW.amount_minor END;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no line of credit of this amount' USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NULL;
END
"""

HAS_CAUSE = """
BEGIN
    PERFORM 1 FROM payments
      WHERE tenant_id = NEW.tenant_id AND id = NEW.payment_id AND currency = NEW.currency
        AND method = 'credit' AND status = 'succeeded' AND amount_minor = -NEW.amount_minor
     UNION ALL
     SELECT 1 FROM refunds
      WHERE tenant_id = NEW.tenant_id AND id = NEW.refund_id AND currency = NEW.currency
        AND route = 'credit' AND status = 'succeeded' AND amount_minor = NEW.amount_minor;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no payment or refund of this amount' USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NULL;
END
"""

# name of the trigger, when it looks, what it asks, the constraint that it names
TRIGGERS = (
    (
        "credit_is_booked",
        "INSERT OR UPDATE OF status, method, amount_minor, currency ON payments",
        "NEW.method = 'credit' AND NEW.status = 'succeeded'",
        "keep_credit_line('ck_payments_credit_line')",
    ),
    (
        "credit_is_booked",
        "INSERT OR UPDATE OF status, route, amount_minor, currency ON refunds",
        "NEW.route = 'credit' AND NEW.status = 'succeeded'",
        "keep_credit_line('ck_refunds_credit_line')",
    ),
    (
        "credit_is_caused",
        "INSERT ON credit_entries",
        "NEW.kind IN ('used', 'from_refund')",
        "keep_credit_cause('ck_credit_entries_cause')",
    ),
)


def upgrade() -> None:
    definer("keep_credit_line", HAS_LINE, path=SAFE_PATH)
    definer("keep_credit_cause", HAS_CAUSE, path=SAFE_PATH)
    for name, event, condition, check in TRIGGERS:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {check}"
        )


def downgrade() -> None:
    for name, event, _, _ in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {event.rpartition(' ')[2]}")
    op.execute("DROP FUNCTION keep_credit_cause")
    op.execute("DROP FUNCTION keep_credit_line")
