"""Money back: asked for, approved, paid out, and to the penny."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Forbidden, Invalid, Refused
from backoffice.models import Attendee, Booking, Payment, PaymentEvent, Refund, Tenant
from backoffice.services import bookings, payments, refunds
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from tests import factories
from tests.services.booked import ADMIN, MANAGER, OFFICE, done, entries, fresh, payment_of, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def taken(amount: int, *ids: UUID, method: str = "cash", **more: object) -> Payment:
    money = PaymentIn(method, amount, ids, **more)  # type: ignore[arg-type]
    return done(lambda: payments.take(money, OFFICE))


def asked(booking: Booking, amount: int, **more: object) -> Refund:
    wanted = RefundIn(payment_of(booking).id, amount, "Ill", booking_id=booking.id, **more)  # type: ignore[arg-type]
    return done(lambda: refunds.request(wanted, OFFICE))


def paid_out(refund: Refund) -> Refund:
    done(lambda: refunds.approve(refund.id, ADMIN))
    return done(lambda: refunds.execute(refund.id, "BACS 17", ADMIN))


def events(payment: Payment) -> list[str]:
    found = select(PaymentEvent.kind).where(PaymentEvent.payment_id == payment.id).order_by(PaymentEvent.id)
    return list(db.session.scalars(found))


def allocated(payment: Payment, booking: Booking, amount: int) -> None:
    done(
        lambda: payments.allocate(db.session.get_one(Payment, payment.id), fresh(booking.id), amount, OFFICE)
    )


# --- Giving back ---


def test_a_refund_is_asked_for_approved_and_paid_out() -> None:
    booking = placed(method="cash")
    refund = asked(booking, 25_00)
    assert (refund.status, payment_of(fresh(booking.id)).refunded_minor) == ("requested", 0)
    done(lambda: refunds.approve(refund.id, ADMIN))
    assert payment_of(fresh(booking.id)).refunded_minor == 25_00  # reserved
    assert fresh(booking.id).refunded_minor == 0
    done(lambda: refunds.execute(refund.id, "BACS 17", ADMIN))
    booking = fresh(booking.id)
    assert (booking.refunded_minor, booking.payment_status) == (25_00, "part_refunded")
    assert [action for action in ("request", "approved", "succeeded") if entries(f"refund:{action}")] != []
    assert [kind for kind in events(payment_of(booking)) if kind.startswith("refund")] == [
        "refund_requested",
        "refund_approved",
        "refund_processing",
        "refund_succeeded",
    ]


def test_a_declined_refund_reserves_nothing() -> None:
    booking = placed(method="cash")
    refund = asked(booking, 75_00)
    done(lambda: refunds.decline(refund.id, "Too late", ADMIN))
    assert (refund.status, refund.failure_reason) == ("declined", "Too late")
    assert payment_of(fresh(booking.id)).refundable_minor == 75_00
    with pytest.raises(Refused):
        done(lambda: refunds.approve(refund.id, ADMIN))


def test_money_that_the_bank_returns_is_there_again() -> None:
    booking = placed(method="cash")
    refund = paid_out(asked(booking, 75_00))
    assert fresh(booking.id).payment_status == "refunded"
    done(lambda: refunds.fail(refund.id, "Account closed", ADMIN))
    booking = fresh(booking.id)
    assert (booking.payment_status, payment_of(booking).refundable_minor) == ("paid", 75_00)


@pytest.mark.parametrize("amount", [0, -1, 75_01])
def test_no_more_than_what_came_is_asked_for(amount: int) -> None:
    booking = placed(method="cash")
    with pytest.raises(Invalid) as refused:
        asked(booking, amount)
    assert refused.value.field == "amount"


def test_the_second_approval_beyond_the_payment_is_refused() -> None:
    booking = placed(method="cash")
    first, second = asked(booking, 50_00), asked(booking, 50_00)
    done(lambda: refunds.approve(first.id, ADMIN))
    with pytest.raises(Refused) as refused:
        done(lambda: refunds.approve(second.id, ADMIN))
    assert refused.value.code == "over_refunded"
    assert db.session.get_one(Refund, second.id).status == "requested"


def test_a_refund_for_a_booking_stays_within_what_the_payment_paid_of_it() -> None:
    first, second = placed(), placed()
    payment = taken(150_00, first.id, second.id)
    for amount, error in ((75_01, Invalid), (75_00, None)):
        wanted = RefundIn(payment.id, amount, "Ill", booking_id=first.id)
        if error:
            with pytest.raises(error):
                done(partial(refunds.request, wanted, OFFICE))
        else:
            done(partial(refunds.request, wanted, OFFICE))


def test_two_refunds_never_take_another_bookings_money() -> None:
    """Both were asked for while nothing was reserved; the second would be paid out of the other booking's share."""
    first, second = placed(), placed()
    payment = taken(150_00, first.id, second.id)
    wanted = RefundIn(payment.id, 75_00, "Ill", booking_id=first.id)
    one, two = (done(lambda: refunds.request(wanted, OFFICE)) for _ in range(2))
    done(lambda: refunds.approve(one.id, ADMIN))
    with pytest.raises(Refused) as refused:
        done(lambda: refunds.approve(two.id, ADMIN))
    assert refused.value.code == "over_refunded"


def test_unallocated_money_goes_back_or_pays_but_not_both() -> None:
    payment = taken(100_00, placed().id)
    other = placed()
    refund = done(lambda: refunds.request(RefundIn(payment.id, 25_00, "Overpaid"), OFFICE))
    done(lambda: refunds.approve(refund.id, ADMIN))
    with pytest.raises(Invalid):
        allocated(payment, other, 25_00)


def test_money_that_pays_a_booking_meanwhile_does_not_go_back_as_unallocated() -> None:
    payment = taken(100_00, placed().id)
    other = placed()
    refund = done(lambda: refunds.request(RefundIn(payment.id, 25_00, "Overpaid"), OFFICE))
    allocated(payment, other, 25_00)
    with pytest.raises(Refused) as refused:
        done(lambda: refunds.approve(refund.id, ADMIN))
    assert refused.value.code == "over_refunded"


def test_a_repeated_key_asks_once() -> None:
    booking = placed(method="cash")
    assert asked(booking, 10_00, idempotency_key="r1").id == asked(booking, 10_00, idempotency_key="r1").id


def test_the_office_asks_and_an_admin_pays_out() -> None:
    """Abuse case C7."""
    booking = placed(method="cash")
    refund = asked(booking, 10_00)
    for verb in (
        lambda: refunds.approve(refund.id, OFFICE),
        lambda: refunds.execute(refund.id, "BACS", OFFICE),
        lambda: refunds.decline(refund.id, "No", OFFICE),
        lambda: refunds.fail(refund.id, "No", OFFICE),
    ):
        with pytest.raises(Forbidden):
            done(verb)
    with pytest.raises(Forbidden):
        done(lambda: refunds.approve(refund.id, MANAGER))  # not above any limit


def test_a_large_refund_needs_a_second_person(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 50_00
    done(lambda: None)
    first, second = (factories.actor("admin", factories.make_user("admin")) for _ in range(2))
    booking = placed(method="cash")
    wanted = RefundIn(payment_of(booking).id, 60_00, "Ill", booking_id=booking.id)
    refund = done(lambda: refunds.request(wanted, first))
    with pytest.raises(Refused) as refused:
        done(lambda: refunds.approve(refund.id, first))
    assert refused.value.code == "second_person"
    done(lambda: refunds.approve(refund.id, second))
    small = done(lambda: refunds.request(RefundIn(wanted.payment_id, 10_00, "Ill", booking.id), first))
    done(lambda: refunds.approve(small.id, first))


def test_a_manager_approves_what_is_above_the_limit_and_only_that(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 50_00
    done(lambda: None)
    booking = placed(method="cash")
    large, small = asked(booking, 50_01), asked(booking, 50_00)
    boss = factories.actor("manager", factories.make_user("manager"))
    done(lambda: refunds.approve(large.id, boss))
    with pytest.raises(Forbidden):
        done(lambda: refunds.approve(small.id, boss))


def test_a_refund_needs_a_reason_and_its_proof() -> None:
    booking = placed(method="cash")
    with pytest.raises(Invalid):
        done(lambda: refunds.request(RefundIn(payment_of(booking).id, 10, " ", booking.id), OFFICE))
    refund = asked(booking, 10_00)
    done(lambda: refunds.approve(refund.id, ADMIN))
    with pytest.raises(Invalid) as refused:
        done(lambda: refunds.execute(refund.id, "", ADMIN))
    assert refused.value.field == "receipt"


# --- To the penny ---


@pytest.mark.parametrize(("price", "total"), [(25, 23), (125, 113), (225, 203), (33_33, 30_00)])
def test_ten_per_cent_off_is_the_same_everywhere(tenant: Tenant, price: int, total: int) -> None:
    """Abuse case L1: the quote, what is stored, what is charged."""
    code = factories.make_code(value=1000).code
    schedule = factories.make_schedule(price_minor=price)
    quote = bookings.quote_for(schedule.id, 1, code, tenant, datetime.now(UTC))
    booking = placed(schedule, method="cash", discount_code=code)
    payment = payment_of(booking)
    lines = sum(attendee.net_minor for attendee in booking.attendees)
    assert {quote.total_minor, booking.total_minor, booking.paid_minor, payment.amount_minor, lines} == {
        total
    }
    assert booking.discount_minor == price - total


@pytest.mark.parametrize("price", [33_33, 33_34, 100_00, 1, 7])
def test_three_who_are_refunded_one_by_one_get_back_exactly_what_they_paid(price: int) -> None:
    """Abuse case L2."""
    code = factories.make_code(value=1000).code
    booking = placed(factories.make_schedule(price_minor=price), 3, "cash", discount_code=code)
    paid = booking.paid_minor
    shares = [(attendee.id, attendee.net_minor) for attendee in booking.attendees]
    assert sum(share for _, share in shares) == paid
    for attendee_id, share in shares:
        done(partial(bookings.cancel_attendees, booking.id, [attendee_id], "Ill", OFFICE))
        if share:
            paid_out(asked(fresh(booking.id), share, attendee_id=attendee_id))
    booking = fresh(booking.id)
    assert (booking.status, booking.refunded_minor, booking.due_minor) == ("cancelled", paid, 0)
    assert payment_of(booking).refundable_minor == 0


def test_what_stays_after_each_cancellation_is_paid_exactly() -> None:
    code = factories.make_code(value=1000).code
    booking = placed(factories.make_schedule(price_minor=33_33), 3, "cash", discount_code=code)
    for attendee in list(booking.attendees[:2]):
        share = db.session.get_one(Attendee, attendee.id).net_minor
        done(partial(bookings.cancel_attendees, booking.id, [attendee.id], "Ill", OFFICE))
        paid_out(asked(fresh(booking.id), share))
        assert fresh(booking.id).due_minor == 0
