"""Keep each refund within what its payment paid of its booking, or within what it paid of nothing.

The sum of a payment's refunds stayed within the payment before; but two refunds for one booking could take another booking's
share, and money without a booking could go back and pay a booking at the same time. Both triggers run after those that take the
payment's row, so what they count is settled.
"""

from alembic import op
from tables import definer

revision = "202611210431"
down_revision = "202611210430"
branch_labels = None
depends_on = None

WITHIN_SHARE = """
DECLARE
    which record;
    paid_with record;
    share bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN which := OLD; ELSE which := NEW; END IF;
    SELECT amount_minor - allocated_minor AS spare, refunded_minor INTO paid_with FROM payments
     WHERE tenant_id = which.tenant_id AND id = which.payment_id;
    IF paid_with.refunded_minor IS NULL OR paid_with.refunded_minor = 0 THEN
        RETURN NULL;
    END IF;
    SELECT COALESCE(sum(amount_minor), 0) INTO share FROM allocations
     WHERE tenant_id = which.tenant_id AND payment_id = which.payment_id AND booking_id = which.booking_id;
    PERFORM 1 FROM refunds
      WHERE tenant_id = which.tenant_id AND payment_id = which.payment_id
        AND status IN ('approved', 'processing', 'succeeded')
     HAVING COALESCE(sum(amount_minor) FILTER (WHERE booking_id IS NULL), 0) > paid_with.spare
         OR COALESCE(sum(amount_minor) FILTER (WHERE booking_id = which.booking_id), 0) > share;
    IF FOUND THEN
        RAISE EXCEPTION 'more would be given back than this payment paid for it'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
    END IF;
    RETURN NULL;
END
"""


def upgrade() -> None:
    definer("keep_within_share", WITHIN_SHARE)
    op.execute(
        "CREATE TRIGGER within_share AFTER INSERT OR UPDATE OF status, amount_minor ON refunds FOR EACH ROW "
        "WHEN (NEW.status IN ('approved', 'processing', 'succeeded')) "
        "EXECUTE FUNCTION keep_within_share('ck_refunds_within_share')"
    )
    op.execute(
        "CREATE TRIGGER within_share AFTER INSERT OR UPDATE OF amount_minor OR DELETE ON allocations FOR EACH ROW "
        "EXECUTE FUNCTION keep_within_share('ck_allocations_within_share')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER within_share ON allocations")
    op.execute("DROP TRIGGER within_share ON refunds")
    op.execute("DROP FUNCTION keep_within_share")
