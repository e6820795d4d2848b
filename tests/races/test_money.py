"""However many at once: no refund and no allocation beyond the payment, and what is paid once is taken once."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from backoffice.database import db
from backoffice.models import Allocation, Booking, Message, Payment, Refund
from backoffice.services import bookings, ledger, payments, refunds
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import factories
from tests.races.arena import Arena, order, outcomes, placing

ADMIN = factories.actor("admin")
OVER_REFUND = (
    "ALTER TABLE payments DROP CONSTRAINT ck_payments_refunded_within_amount; "
    "DROP TRIGGER within_share ON refunds"
)
OVER_ALLOCATE = "ALTER TABLE payments DROP CONSTRAINT ck_payments_allocated_within_amount"


def paid_booking(arena: Arena) -> tuple[UUID, UUID]:
    """A booking of 75.00 paid in cash: its id, and its payment's."""
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    (placed,) = arena.run(placing(order(schedule_id, method="cash")))
    with arena.inside():
        payment_id = db.session.scalars(
            select(Allocation.payment_id).where(Allocation.booking_id == placed.booking_id)
        ).one()
    return placed.booking_id, payment_id


def taken(money: PaymentIn) -> UUID:
    return payments.take(money, ADMIN).id


def asked(wanted: RefundIn) -> UUID:
    return refunds.request(wanted, ADMIN).id


def approvals(arena: Arena) -> list[object]:
    """Sixteen refunds of 25.00 asked for one after the other, and approved all at once."""
    booking_id, payment_id = paid_booking(arena)
    wanted = RefundIn(payment_id, 25_00, "Ill", booking_id=booking_id)
    ids = [arena.run(partial(asked, wanted))[0] for _ in range(16)]
    return arena.run(*(partial(refunds.approve, one, ADMIN) for one in ids))


def test_sixteen_refunds_at_once_stay_within_the_payment(arena: Arena) -> None:
    """Abuse case C1, by hand."""
    assert outcomes(approvals(arena)) == {"ok": 3, "over_refunded": 13}
    with arena.inside():
        assert db.session.scalars(select(Payment.refunded_minor)).one() == 75_00
        states = Counter(db.session.scalars(select(Refund.status)))
    assert states == {"approved": 3, "requested": 13}


def test_without_the_check_more_is_given_back_than_came(arena: Arena) -> None:
    arena.sql(OVER_REFUND)
    assert outcomes(approvals(arena)) == {"ok": 16}


def allocations(arena: Arena, allocate: Callable[[UUID, UUID], object]) -> Counter[str]:
    """One payment of 100.00, and eight bookings that each want 30.00 of it at once."""
    schedule_id = arena.make(lambda: factories.make_schedule(price_minor=30_00).id)
    placed = arena.run(*(placing(order(schedule_id, number)) for number in range(8)))
    payer = arena.make(lambda: factories.make_user().id)
    money = PaymentIn("bank_transfer", 100_00, customer_id=payer)
    (payment_id,) = arena.run(partial(taken, money))
    return outcomes(arena.run(*(partial(allocate, payment_id, one.booking_id) for one in placed)))


def by_the_service(payment_id: UUID, booking_id: UUID) -> None:
    payment = db.session.get_one(Payment, payment_id)
    payments.allocate(payment, db.session.get_one(Booking, booking_id), 30_00, ADMIN)


def by_the_bare_row(payment_id: UUID, booking_id: UUID) -> None:
    """Nobody asks what is left: only the database stands against it."""
    ledger.allocate(payment_id, booking_id, 30_00)


def test_eight_allocations_at_once_stay_within_the_payment(arena: Arena) -> None:
    assert allocations(arena, by_the_service) == {"ok": 3, "amount": 5}
    with arena.inside():
        assert db.session.scalars(select(Payment.allocated_minor)).one() == 90_00
        states = Counter(db.session.scalars(select(Booking.status)))
    assert states == {"confirmed": 3, "pending": 5}  # only what is paid is firm


def test_bare_rows_stay_within_the_payment_too(arena: Arena) -> None:
    assert allocations(arena, by_the_bare_row) == {"ok": 3, "over_allocated": 5}


def test_without_the_check_a_payment_pays_more_than_it_is(arena: Arena) -> None:
    arena.sql(OVER_ALLOCATE)
    assert allocations(arena, by_the_bare_row) == {"ok": 8}


def test_money_goes_back_or_pays_but_not_both(arena: Arena) -> None:
    """Unallocated money is refunded and allocated at the same time, by hands that do not know of each other."""
    for number in range(5):
        schedule_id = arena.make(lambda: factories.make_schedule().id)
        (placed,) = arena.run(placing(order(schedule_id, number)))
        payer = arena.make(lambda: factories.make_user().id)
        money = PaymentIn("cash", 75_00, customer_id=payer)
        (payment_id,) = arena.run(partial(taken, money))
        wanted = RefundIn(payment_id, 75_00, "Overpaid")
        (refund_id,) = arena.run(partial(asked, wanted))
        results = arena.run(
            partial(refunds.approve, refund_id, ADMIN),
            partial(ledger.allocate, payment_id, placed.booking_id, 75_00),
        )
        assert outcomes(results)["ok"] == 1


def test_the_same_payment_posted_eight_times_is_taken_once(arena: Arena) -> None:
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    (placed,) = arena.run(placing(order(schedule_id)))
    money = PaymentIn("cash", 75_00, (placed.booking_id,), idempotency_key="till-1")
    results = arena.run(*[lambda: payments.take(money, ADMIN).reference] * 8)
    assert set(outcomes(results)) <= {"ok", "already_sent"}
    with arena.inside():
        assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
        assert db.session.scalars(select(Booking.status)).one() == "confirmed"


def test_two_who_take_the_money_for_one_booking_leave_the_second_as_credit(arena: Arena) -> None:
    """Two clerks, two real payments: neither is lost, and the booking is not paid twice in silence."""
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    (placed,) = arena.run(placing(order(schedule_id)))
    money = PaymentIn("cash", 75_00, (placed.booking_id,))
    results = arena.run(*[partial(taken, money)] * 4)
    assert outcomes(results) == {"ok": 4}
    with arena.inside():
        assert sorted(db.session.scalars(select(Payment.allocated_minor))) == [0, 0, 0, 75_00]
        assert db.session.scalars(select(Booking.paid_minor)).one() == 75_00


def test_taking_money_and_cancelling_at_once_keeps_every_penny(arena: Arena) -> None:
    for number in range(5):
        schedule_id = arena.make(lambda: factories.make_schedule().id)
        (placed,) = arena.run(placing(order(schedule_id, number)))
        money = PaymentIn("cash", 75_00, (placed.booking_id,))
        results = arena.run(
            partial(payments.take, money, ADMIN),
            partial(bookings.cancel, placed.booking_id, "Ill", ADMIN),
            partial(refunds_of, placed.booking_id),
        )
        assert set(outcomes(results)) <= {"ok", "changed", "status_move"}


def refunds_of(booking_id: UUID) -> int:
    """A reader in between: it never sees more given back than came."""
    booking = db.session.get_one(Booking, booking_id)
    assert booking.refunded_minor <= booking.paid_minor
    return booking.due_minor


def test_a_booking_whose_connection_dies_before_the_commit_leaves_nothing(arena: Arena) -> None:
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    one = order(schedule_id, method="cash", idempotency_key="once")
    with arena.inside():
        bookings.place(one, factories.actor("office"))
        backend = db.session.scalar(select(func.pg_backend_pid()))
        kill(arena, backend)
        with pytest.raises(OperationalError):
            commit_once(lambda: None)
        db.session.remove()
    with arena.inside():
        for model in (Booking, Payment, Message):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
    again, repeat = (arena.run(placing(one))[0] for _ in range(2))
    assert (again.is_repeat, repeat.is_repeat) == (False, True)
    assert again.reference == repeat.reference


def kill(arena: Arena, backend: int | None) -> None:
    """The program's own login may end its own connections."""
    with psycopg.connect(arena.urls.app) as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,)).fetchone() == (True,)
