"""Money in, what it pays, and money back: every verb with what it refuses, and no penny lost or made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid, NotFound, Refused
from backoffice.models import Allocation, Booking, Company, Payment, PaymentEvent, Tenant
from backoffice.services import booking_groups, payments
from backoffice.services.customers import CustomerIn
from backoffice.services.payments import PaymentIn
from tests import factories
from tests.servers import DatabaseUrls
from tests.services.booked import MANAGER, OFFICE, done, entries, fresh, mails, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def taken(amount: int, *ids: UUID, method: str = "cash", **more: object) -> Payment:
    money = PaymentIn(method, amount, ids, **more)  # type: ignore[arg-type]
    return done(lambda: payments.take(money, OFFICE))


def events(payment: Payment) -> list[str]:
    found = select(PaymentEvent.kind).where(PaymentEvent.payment_id == payment.id).order_by(PaymentEvent.id)
    return list(db.session.scalars(found))


# --- Taking ---


def test_the_whole_price_confirms_a_pending_booking() -> None:
    booking = placed(places=2)
    payment = taken(150_00, booking.id, method="bank_transfer", payer_reference="SMITH 12")
    booking = fresh(booking.id)
    assert (booking.status, booking.payment_status, booking.due_minor) == ("confirmed", "paid", 0)
    assert payment.reference == f"TST-P-{datetime.now(UTC).year}-0001"
    assert (payment.allocated_minor, payment.unallocated_minor) == (150_00, 0)
    (entry,) = entries("payment:take")
    assert (entry.new_values["amount_minor"], entry.new_values["payer_reference"]) == (150_00, "SMITH 12")
    assert mails() == ["booking_confirmed", "payment_received"]
    assert events(payment)[0] == "taken"


def test_a_part_leaves_the_rest_due_and_the_hold_running() -> None:
    booking = placed(places=2)
    taken(50_00, booking.id)
    booking = fresh(booking.id)
    assert (booking.status, booking.payment_status, booking.due_minor) == ("pending", "part_paid", 100_00)
    taken(100_00, booking.id)
    assert fresh(booking.id).status == "confirmed"


def test_what_is_too_much_stays_the_customers() -> None:
    booking = placed()
    payment = taken(100_00, booking.id)
    booking = fresh(booking.id)
    assert (booking.paid_minor, booking.payment_status) == (75_00, "paid")
    assert payment.unallocated_minor == 25_00


def test_money_without_a_booking_is_a_customers() -> None:
    customer = factories.make_user()
    payment = taken(20_00, customer_id=customer.id)
    assert (payment.customer_id, payment.unallocated_minor) == (customer.id, 20_00)
    with pytest.raises(Invalid) as refused:
        taken(20_00)
    assert refused.value.field == "customer_id"


def test_one_payment_pays_several_bookings_in_their_order() -> None:
    first, second = placed(), placed()
    payment = taken(100_00, second.id, first.id)
    assert (fresh(second.id).paid_minor, fresh(first.id).paid_minor) == (75_00, 25_00)
    assert payment.unallocated_minor == 0


def test_one_payment_pays_a_whole_group() -> None:
    employer = CustomerIn(first_name="Al", last_name="Lee", email="al@lee.example", company_name="Lee & Sons")
    ids = [placed(customer=employer).id for _ in range(3)]
    group = done(lambda: booking_groups.make("Spring", ids, OFFICE, purchase_order="PO-9"))
    payment = taken(225_00, method="invoice", booking_group_id=group.id)
    assert [fresh(one).payment_status for one in ids] == ["paid"] * 3
    company = db.session.scalars(select(Company)).one()
    assert (payment.company_id, group.company_id, group.purchase_order) == (company.id, company.id, "PO-9")


def test_a_booking_joins_one_group() -> None:
    booking = placed()
    done(lambda: booking_groups.make("Spring", [booking.id], OFFICE))
    with pytest.raises(Refused):
        done(lambda: booking_groups.make("Summer", [booking.id], OFFICE))
    with pytest.raises(NotFound):
        done(lambda: booking_groups.make("None", [booking.schedule_id], OFFICE))


@pytest.mark.parametrize(
    ("money", "field"),
    [
        (PaymentIn("cash", 0), "amount"),
        (PaymentIn("cash", -1), "amount"),
        (PaymentIn("cash", 2**62), "amount"),
        (PaymentIn("stripe", 10), "method"),
        (PaymentIn("cash", 10, paid_at=datetime.now(UTC) + timedelta(days=1)), "paid_at"),
        (PaymentIn("cash", 10, note="4111111111111111"), "note"),
        (PaymentIn("cash", 10, payer_reference="x" * 101), "payer_reference"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(money: PaymentIn, field: str) -> None:
    booking = placed()
    with pytest.raises(Invalid) as refused:
        done(lambda: payments.take(replace(money, bookings=(booking.id,)), OFFICE))
    assert refused.value.field == field
    assert db.session.scalars(select(Payment)).all() == []


def test_a_repeated_key_takes_the_money_once() -> None:
    booking = placed()
    first = taken(75_00, booking.id, idempotency_key="till-1")
    assert taken(75_00, booking.id, idempotency_key="till-1").id == first.id
    assert fresh(booking.id).paid_minor == 75_00


def test_a_manager_takes_no_money() -> None:
    booking = placed()
    with pytest.raises(Forbidden):
        done(lambda: payments.take(PaymentIn("cash", 75_00, (booking.id,)), MANAGER))


# --- Letting unallocated money pay ---


def allocated(payment: Payment, booking: Booking, amount: int) -> None:
    done(
        lambda: payments.allocate(db.session.get_one(Payment, payment.id), fresh(booking.id), amount, OFFICE)
    )


def test_unallocated_money_pays_another_booking() -> None:
    payment = taken(100_00, placed().id)
    other = placed()
    allocated(payment, other, 25_00)
    assert fresh(other.id).payment_status == "part_paid"
    assert len(entries("payment:allocate")) == 1
    with pytest.raises(Invalid):
        allocated(payment, other, 1)


def test_more_than_is_due_is_not_allocated() -> None:
    payment, other = taken(100_00, customer_id=factories.make_user().id), placed()
    for amount in (75_01, 0, -5):
        with pytest.raises(Invalid) as refused:
            allocated(payment, other, amount)
        assert refused.value.field == "amount"


def test_money_in_another_currency_pays_nothing_here() -> None:
    payment = taken(100_00, customer_id=factories.make_user().id)
    other = placed(factories.make_schedule(currency="EUR"))
    with pytest.raises(Refused) as refused:
        allocated(payment, other, 10_00)
    assert refused.value.code == "currency"


def test_what_another_clerk_allocated_meanwhile_is_not_lost(
    tenant: Tenant, database_urls: DatabaseUrls
) -> None:
    """This one's page had read the allocation before the other's commit."""
    booking = placed(places=2)
    payment = taken(100_00, customer_id=booking.customer_id)
    done(lambda: payments.allocate(payment, fresh(booking.id), 30_00, OFFICE))
    (seen,) = db.session.scalars(select(Allocation))
    assert seen.amount_minor == 30_00
    with psycopg.connect(database_urls.owner) as other:
        other.execute("UPDATE allocations SET amount_minor = 5000 WHERE id = %s", (seen.id,))
    done(lambda: payments.allocate(payment, db.session.get_one(Booking, booking.id), 20_00, OFFICE))
    assert fresh(booking.id).paid_minor == 70_00
