"""However many at once: credit is spent once, and no refund goes beyond its payment."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.models import CreditEntry, Payment, Refund
from backoffice.services import credit, credit_lines, giving_back
from backoffice.services.giving_back import GiveBack
from tests import factories
from tests.races.arena import Arena, order, outcomes, placing
from tests.races.test_money import paid_booking

ADMIN = factories.actor("admin")
NOT_COVERED = "ALTER TABLE credit_balances DROP CONSTRAINT ck_credit_balances_covered"


def back(booking_id: UUID, amount: int, way: str = "") -> str:
    wanted = GiveBack("Ill", booking_id=booking_id, amount_minor=amount, receipt="Till 7", way=way)
    return giving_back.give_back(wanted, ADMIN)[0].status


def test_sixteen_acts_at_once_give_back_three_parts(arena: Arena) -> None:
    """Abuse case C1: 75.00, sixteen times 25.00."""
    booking_id, payment_id = paid_booking(arena)
    results = arena.run(*[partial(back, booking_id, 25_00)] * 16)
    assert outcomes(results)["ok"] == 3
    with arena.inside():
        assert db.session.get_one(Payment, payment_id).refunded_minor == 75_00


def test_a_thousand_acts_never_give_back_more_than_came(arena: Arena) -> None:
    booking_id, payment_id = paid_booking(arena)
    results = arena.run(*[partial(back, booking_id, 1_00)] * 1000)
    assert outcomes(results)["ok"] == 75
    with arena.inside():
        assert db.session.get_one(Payment, payment_id).refunded_minor == 75_00


def spend(booking_id: UUID, amount: int) -> UUID:
    return credit.use(booking_id, amount, ADMIN, datetime.now(UTC)).id


def bare_entry(customer_id: UUID, amount: int) -> None:
    """Nobody asks what is left: only the database stands against it."""
    credit_lines.add(customer_id, "GBP", amount, ADMIN, kind="adjusted", reason="By hand")


def credited(arena: Arena, places: int) -> tuple[UUID, list[UUID]]:
    """One customer with a credit of 75.00 and that many bookings of 75.00."""
    booking_id, payment_id = paid_booking(arena)
    arena.run(partial(back, booking_id, 75_00, "credit"))
    schedule_id = arena.make(lambda: factories.make_schedule(capacity=20).id)
    ids = [arena.run(placing(order(schedule_id)))[0].booking_id for _ in range(places)]
    with arena.inside():
        return db.session.get_one(Payment, payment_id).customer_id, ids


def test_credit_is_spent_once_however_many_try(arena: Arena) -> None:
    customer_id, ids = credited(arena, 8)
    results = arena.run(*(partial(spend, one, 75_00) for one in ids))
    assert outcomes(results) == {"ok": 1, "not_covered": 7}
    with arena.inside():
        assert credit_lines.balance_minor(customer_id, "GBP") == 0


def test_bare_entries_stay_within_the_credit_too(arena: Arena) -> None:
    customer_id, _ = credited(arena, 0)
    results = arena.run(*[partial(bare_entry, customer_id, -25_00)] * 16)
    assert outcomes(results) == {"ok": 3, "not_covered": 13}


def test_without_the_check_more_credit_is_spent_than_there_is(arena: Arena) -> None:
    customer_id, _ = credited(arena, 0)
    arena.sql(NOT_COVERED)
    assert outcomes(arena.run(*[partial(bare_entry, customer_id, -25_00)] * 16)) == {"ok": 16}
    with arena.inside():
        spent = select(func.sum(CreditEntry.amount_minor)).where(CreditEntry.customer_id == customer_id)
        assert db.session.scalar(spent) == 75_00 - 16 * 25_00


def bare_refund(payment_id: UUID, booking_id: UUID) -> None:
    """Nobody asks what is left of the payment: only the database stands against it."""
    refund = Refund(id=new_id(), payment_id=payment_id, booking_id=booking_id, amount_minor=1_00)
    refund.reference, refund.currency, refund.reason = (
        f"REF-{refund.id}"[:20] + refund.id.hex[-8:],
        "GBP",
        "Ill",
    )
    refund.status, refund.route, refund.requested_at = "approved", "hand", datetime.now(UTC)
    db.session.add(refund)
    db.session.flush()


def test_without_the_sums_a_thousand_refunds_exceed_the_payment(arena: Arena) -> None:
    booking_id, payment_id = paid_booking(arena)
    attempts = [partial(bare_refund, payment_id, booking_id)] * 1000
    assert outcomes(arena.run(*attempts))["ok"] == 75
    arena.sql("ALTER TABLE payments DROP CONSTRAINT ck_payments_refunded_within_amount")
    arena.sql("DROP TRIGGER within_share ON refunds")
    assert outcomes(arena.run(*attempts[:25]))["ok"] == 25
    with arena.inside():
        payment = db.session.get_one(Payment, payment_id)
        assert payment.refunded_minor == 100_00 > payment.amount_minor
