"""Keep the sums of money: allocations and refunds of a payment, what is paid and given back on a booking.

Every change of an allocation takes the payment's row first, so that a payment that succeeds meanwhile counts it or waits for it.
"""

from alembic import op
from tables import definer

revision = "202611210337"
down_revision = "202611210336"
branch_labels = None
depends_on = None

ALLOCATE = """
DECLARE
    paid_with record;
    difference bigint;
    which record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        which := NEW; difference := NEW.amount_minor;
    ELSIF TG_OP = 'DELETE' THEN
        which := OLD; difference := -OLD.amount_minor;
    ELSE
        which := NEW; difference := NEW.amount_minor - OLD.amount_minor;
    END IF;
    UPDATE payments SET allocated_minor = allocated_minor + difference
     WHERE tenant_id = which.tenant_id AND id = which.payment_id
     RETURNING status, currency INTO paid_with;
    IF paid_with.status = 'succeeded' THEN
        UPDATE bookings SET paid_minor = paid_minor + difference
         WHERE tenant_id = which.tenant_id AND id = which.booking_id;
    ELSIF paid_with.status = 'failed' THEN
        UPDATE bookings SET has_failed_payment = true
         WHERE tenant_id = which.tenant_id AND id = which.booking_id;
    END IF;
    PERFORM 1 FROM bookings WHERE tenant_id = which.tenant_id AND id = which.booking_id
        AND currency <> paid_with.currency;
    IF FOUND THEN
        RAISE EXCEPTION 'payment and booking differ in currency'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_allocations_same_currency';
    END IF;
    RETURN NULL;
END
"""

# An allocation never changes sides: another pair is another row.
SAME_PAIR = """
BEGIN
    RAISE EXCEPTION 'an allocation keeps its payment and booking'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_allocations_same_pair';
END
"""

PAY = """
BEGIN
    UPDATE bookings b
       SET paid_minor = b.paid_minor + a.amount_minor
                        * ((NEW.status = 'succeeded')::int - (OLD.status = 'succeeded')::int),
           has_failed_payment = b.has_failed_payment OR NEW.status = 'failed'
      FROM allocations a
     WHERE a.tenant_id = NEW.tenant_id AND a.payment_id = NEW.id
       AND b.tenant_id = a.tenant_id AND b.id = a.booking_id;
    RETURN NULL;
END
"""

# From approval on a refund reserves its payment; only when the money left is the booking's sum changed.
REFUND = """
DECLARE
    was_reserved bigint := 0;
    is_reserved bigint := 0;
    was_given bigint := 0;
    is_given bigint := 0;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ('approved', 'processing', 'succeeded') THEN was_reserved := OLD.amount_minor; END IF;
        IF OLD.status = 'succeeded' THEN was_given := OLD.amount_minor; END IF;
    END IF;
    IF NEW.status IN ('approved', 'processing', 'succeeded') THEN is_reserved := NEW.amount_minor; END IF;
    IF NEW.status = 'succeeded' THEN is_given := NEW.amount_minor; END IF;
    IF was_reserved <> is_reserved THEN
        UPDATE payments SET refunded_minor = refunded_minor + is_reserved - was_reserved
         WHERE tenant_id = NEW.tenant_id AND id = NEW.payment_id;
    END IF;
    IF was_given <> is_given THEN
        UPDATE bookings SET refunded_minor = refunded_minor + is_given - was_given
         WHERE tenant_id = NEW.tenant_id AND id = NEW.booking_id;
    END IF;
    RETURN NULL;
END
"""

FUNCTIONS = {
    "allocate_payment": ALLOCATE,
    "keep_pair": SAME_PAIR,
    "count_payment": PAY,
    "count_refund": REFUND,
}

TRIGGERS = (
    (
        "allocations",
        "allocate_payment",
        "AFTER INSERT OR UPDATE OF amount_minor OR DELETE ON allocations "
        "FOR EACH ROW EXECUTE FUNCTION allocate_payment()",
    ),
    (
        "allocations",
        "keep_pair",
        "BEFORE UPDATE OF payment_id, booking_id ON allocations FOR EACH ROW "
        "WHEN (OLD.payment_id <> NEW.payment_id OR OLD.booking_id <> NEW.booking_id) "
        "EXECUTE FUNCTION keep_pair()",
    ),
    (
        "payments",
        "count_payment",
        "AFTER UPDATE OF status ON payments FOR EACH ROW "
        "WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION count_payment()",
    ),
    (
        "refunds",
        "count_refund",
        "AFTER INSERT OR UPDATE OF status, amount_minor ON refunds "
        "FOR EACH ROW EXECUTE FUNCTION count_refund()",
    ),
)


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        definer(name, body)
    for _, name, rest in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {rest}")


def downgrade() -> None:
    for table, name, _ in reversed(TRIGGERS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
