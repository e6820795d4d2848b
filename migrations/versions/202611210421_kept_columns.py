"""Close what could still put a sum out of step: a refund that changes sides or goes, a currency that changes later.

The program's login also loses the right to write the two columns that are only copies: a booking's start and an attendee's date.
"""

from alembic import op
from tables import definer, program_login

revision = "202611210421"
down_revision = "202611210420"
branch_labels = None
depends_on = None

# The constraint's name is the trigger's argument: the edge has its sentence.
REFUSE = """
BEGIN
    RAISE EXCEPTION '% is kept as it was made', TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END
"""

# table, what has changed, the constraint's name
KEPT = (
    (
        "refunds",
        "(OLD.payment_id, OLD.booking_id, OLD.currency) IS DISTINCT FROM (NEW.payment_id, NEW.booking_id, NEW.currency)",
        "ck_refunds_same_payment",
    ),
    ("payments", "OLD.currency <> NEW.currency", "ck_payments_same_currency"),
    ("bookings", "OLD.currency <> NEW.currency", "ck_bookings_same_currency"),
)

IN_CURRENCY = """
BEGIN
    PERFORM 1 FROM payments
     WHERE tenant_id = NEW.tenant_id AND id = NEW.payment_id AND currency <> NEW.currency;
    IF FOUND THEN
        RAISE EXCEPTION 'refund and payment differ in currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_refunds_same_currency';
    END IF;
    RETURN NEW;
END
"""

GIVE_BACK = """
BEGIN
    IF OLD.status IN ('approved', 'processing', 'succeeded') THEN
        UPDATE payments SET refunded_minor = refunded_minor - OLD.amount_minor
         WHERE tenant_id = OLD.tenant_id AND id = OLD.payment_id;
    END IF;
    IF OLD.status = 'succeeded' THEN
        UPDATE bookings SET refunded_minor = refunded_minor - OLD.amount_minor
         WHERE tenant_id = OLD.tenant_id AND id = OLD.booking_id;
    END IF;
    RETURN NULL;
END
"""

COPIES = (("bookings", "starts_at"), ("attendees", "schedule_id"))


def upgrade() -> None:
    definer("refuse_change", REFUSE)
    for table, changed, name in KEPT:
        op.execute(
            f"CREATE TRIGGER keep_as_made BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed}) "
            f"EXECUTE FUNCTION refuse_change('{name}')"
        )
    definer("check_refund_currency", IN_CURRENCY)
    op.execute(
        "CREATE TRIGGER check_currency BEFORE INSERT ON refunds FOR EACH ROW "
        "EXECUTE FUNCTION check_refund_currency()"
    )
    definer("uncount_refund", GIVE_BACK)
    op.execute(
        "CREATE TRIGGER uncount_refund AFTER DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION uncount_refund()"
    )
    for table, column in COPIES:
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM {program_login()}")


def downgrade() -> None:
    for table, column in COPIES:
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO {program_login()}")
    op.execute("DROP TRIGGER uncount_refund ON refunds")
    op.execute("DROP TRIGGER check_currency ON refunds")
    for table, *_ in KEPT:
        op.execute(f"DROP TRIGGER keep_as_made ON {table}")
    for name in ("uncount_refund", "check_refund_currency", "refuse_change"):
        op.execute(f"DROP FUNCTION {name}")
