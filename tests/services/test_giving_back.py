"""Money back in one act: from which payments, which way, within which rules; and credit."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Forbidden, Invalid, Refused
from backoffice.domain.gateway_terms import GATEWAYS
from backoffice.models import Booking, Payment, Refund, Tenant
from backoffice.services import bookings, credit, gateway_accounts, giving_back, payments, refunds
from backoffice.services.giving_back import GiveBack
from backoffice.services.payments import PaymentIn
from tests import factories
from tests.services.booked import MANAGER, OFFICE, done, fresh, mails, payment_of, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")
NOW = datetime.now(UTC)


def admin() -> Any:
    return factories.actor("admin", factories.make_user("admin"))


def given(booking: Booking | None, actor: Any = None, **more: Any) -> list[Refund]:
    values: dict[str, Any] = {"booking_id": booking.id if booking else None, "reason": "Ill"} | more
    who = actor or admin()
    return done(lambda: giving_back.give_back(GiveBack(**values), who))


def by_gateway(method: str, amount: int = 75_00, booking: Booking | None = None) -> tuple[Booking, Payment]:
    """A booking paid through a gateway's account."""
    booking = booking or placed()
    keys = {"consumer_key": "simulator-x"} if method == "mpesa" else None
    account = factories.make_gateway_account(method, keys=keys)
    row = done(lambda: payments.take(PaymentIn("cash", amount, (booking.id,)), OFFICE))
    row.method, row.gateway_account_id = method, account.id
    done(lambda: None)
    return fresh(booking.id), row


def test_all_of_a_booking_paid_in_cash_is_paid_out_with_its_receipt() -> None:
    (refund,) = given(placed(method="cash"), receipt="Till 7")
    assert (refund.status, refund.route, refund.receipt, refund.amount_minor) == (
        "succeeded",
        "hand",
        "Till 7",
        75_00,
    )
    assert "refund_made" in mails()


def test_without_a_receipt_it_waits_to_be_paid_out() -> None:
    (refund,) = given(placed(method="cash"))
    assert refund.status == "approved"


def test_what_came_through_a_gateway_goes_back_through_it() -> None:
    booking, _ = by_gateway("stripe")
    (refund,) = given(booking)
    assert (refund.status, refund.route) == ("processing", "gateway")
    assert refund.next_check_at is not None


def test_a_part_of_mpesa_goes_back_by_hand_and_the_whole_through_it() -> None:
    _, payment = by_gateway("mpesa")
    assert giving_back.route_of(payment, 75_00) == "gateway"
    assert giving_back.route_of(payment, 10_00) == "hand"
    with pytest.raises(Refused) as refused:
        giving_back.route_of(payment, 10_00, "gateway")
    assert refused.value.code == "parts"


def test_several_payments_go_back_the_newest_first() -> None:
    booking = placed()
    first = done(lambda: payments.take(PaymentIn("cash", 30_00, (booking.id,)), OFFICE))
    second = done(lambda: payments.take(PaymentIn("cash", 45_00, (booking.id,)), OFFICE))
    made = given(booking, amount_minor=60_00, receipt="Till 7")
    assert [(row.payment_id, row.amount_minor) for row in made] == [(second.id, 45_00), (first.id, 15_00)]
    assert fresh(booking.id).refunded_minor == 60_00


def test_the_office_only_asks() -> None:
    (refund,) = given(placed(method="cash"), OFFICE, receipt="Till 7")
    assert refund.status == "requested"
    with pytest.raises(Forbidden):
        given(placed(method="cash"), MANAGER)


def test_above_the_limit_the_whole_act_waits_for_a_second_person(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 50_00
    done(lambda: None)
    booking, who = placed(method="cash"), admin()
    (refund,) = given(booking, who, receipt="Till 7")
    assert refund.status == "requested"
    with pytest.raises(Refused) as refused:
        done(lambda: refunds.approve(refund.id, who))
    assert refused.value.code == "second_person"
    other = admin()
    done(lambda: refunds.approve(refund.id, other))


def test_parts_do_not_slip_under_the_limit(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 50_00
    done(lambda: None)
    booking, who = placed(method="cash"), admin()
    (first,) = given(booking, who, amount_minor=40_00, receipt="Till 7")
    (second,) = given(booking, who, amount_minor=20_00, receipt="Till 8")
    assert (first.status, second.status) == ("succeeded", "requested")


def test_more_than_the_rules_give_needs_a_reason() -> None:
    course = factories.make_course(refund_window_hours=24 * 30, refund_fee_bp=2500)
    booking = placed(factories.make_schedule(course=course), method="cash")
    assert giving_back.by_policy(booking, 75_00, NOW)[0] == 56_25
    with pytest.raises(Invalid) as refused:
        given(booking, keeps_fee=False)
    assert refused.value.field == "override_reason"
    (refund,) = given(booking, keeps_fee=False, override_reason="Bereavement")
    assert (refund.amount_minor, refund.override_reason) == (75_00, "Bereavement")


def test_the_fee_is_kept_where_the_rules_say_so() -> None:
    course = factories.make_course(refund_window_hours=24 * 30, refund_fee_bp=2500)
    booking = placed(factories.make_schedule(course=course), method="cash")
    (refund,) = given(booking, receipt="Till 7")
    assert (refund.amount_minor, refund.override_reason) == (56_25, None)


def test_each_place_has_the_hour_at_which_it_was_cancelled() -> None:
    course = factories.make_course(refund_window_hours=24 * 20, refund_fee_bp=2500)
    booking = placed(factories.make_schedule(course=course), 2, "cash")
    early, late = [place.id for place in booking.attendees]
    done(lambda: bookings.cancel_attendees(booking.id, [early], "Ill", OFFICE))
    place = next(place for place in fresh(booking.id).attendees if place.id == early)
    place.cancelled_at = NOW - timedelta(days=30)
    done(lambda: None)
    (kept,) = given(fresh(booking.id), attendee_ids=(late,), cancels=True, receipt="Till 7")
    (whole,) = given(fresh(booking.id), attendee_ids=(early,), receipt="Till 8")
    assert (kept.amount_minor, whole.amount_minor) == (56_25, 75_00)


def test_one_act_gives_back_and_cancels() -> None:
    booking = placed(method="cash")
    given(booking, cancels=True, receipt="Till 7")
    booking = fresh(booking.id)
    assert (booking.status, booking.refunded_minor, booking.due_minor) == ("cancelled", 75_00, 0)
    assert {"booking_cancelled", "refund_made"} <= set(mails())


def test_what_is_refused_cancels_nothing() -> None:
    booking = placed(method="cash")
    with pytest.raises(Invalid):
        given(booking, cancels=True, amount_minor=75_01, override_reason="Why not")
    assert fresh(booking.id).status == "confirmed"


@pytest.mark.parametrize("price", [100_00, 33_33, 7])
def test_places_refunded_one_by_one_give_back_exactly_what_was_paid(price: int) -> None:
    """Abuse case L2."""
    code = factories.make_code(value=1000).code
    booking = placed(factories.make_schedule(price_minor=price), 3, "cash", discount_code=code)
    paid = booking.paid_minor
    for place in [each.id for each in booking.attendees]:
        given(fresh(booking.id), attendee_ids=(place,), cancels=True, receipt="Till 7")
    booking = fresh(booking.id)
    assert (booking.status, booking.refunded_minor, booking.due_minor) == ("cancelled", paid, 0)


def test_the_same_place_is_not_given_back_twice() -> None:
    booking = placed(places=2, method="cash")
    place = booking.attendees[0].id
    given(booking, attendee_ids=(place,), receipt="Till 7")
    with pytest.raises(Invalid):
        given(fresh(booking.id), attendee_ids=(place,), receipt="Till 8")


def test_a_repeated_key_gives_back_once() -> None:
    booking = placed(method="cash")
    first = given(booking, amount_minor=10_00, key="k1", receipt="Till 7")
    again = given(booking, amount_minor=10_00, key="k1", receipt="Till 7")
    assert [row.id for row in first] == [row.id for row in again]
    assert fresh(booking.id).refunded_minor == 10_00


def test_a_page_that_shows_other_money_gives_nothing_back() -> None:
    booking = placed(method="cash")
    with pytest.raises(Changed):
        given(booking, seen_left=70_00)


def test_a_groups_payment_goes_back_for_one_booking_only() -> None:
    first, second = placed(), placed()
    done(lambda: payments.take(PaymentIn("cash", 150_00, (first.id, second.id)), OFFICE))
    with pytest.raises(Invalid):
        given(fresh(first.id), amount_minor=75_01, override_reason="Kind")
    given(fresh(first.id), receipt="Till 7")
    assert (fresh(first.id).refunded_minor, fresh(second.id).refunded_minor) == (75_00, 0)


def test_money_left_over_goes_back_without_a_booking() -> None:
    payment = done(lambda: payments.take(PaymentIn("cash", 100_00, (placed().id,)), OFFICE))
    (refund,) = given(None, payment_id=payment.id, receipt="Till 7")
    assert (refund.amount_minor, refund.booking_id, refund.status) == (25_00, None, "succeeded")


def test_after_a_move_to_a_cheaper_date_the_difference_goes_back() -> None:
    booking = placed(method="cash")
    cheaper = factories.make_schedule(price_minor=50_00)
    done(partial(bookings.move, booking.id, bookings.Move(schedule_id=cheaper.id), OFFICE))
    payment = payment_of(fresh(booking.id))
    (left,) = given(None, payment_id=payment.id, receipt="Till 7")
    (rest,) = given(fresh(booking.id), receipt="Till 8")
    assert (left.amount_minor, rest.amount_minor) == (25_00, 50_00)


# --- Credit ---


def test_credit_is_owed_and_pays_another_booking() -> None:
    first = placed(method="cash")
    (refund,) = given(first, way="credit")
    assert (refund.status, refund.route) == ("succeeded", "credit")
    assert credit.balance_minor(first.customer_id, "GBP") == 75_00
    assert credit.liability() == {"GBP": 75_00}
    second = placed()
    done(lambda: credit.use(second.id, 75_00, OFFICE, NOW, key="u1"))
    done(lambda: credit.use(second.id, 75_00, OFFICE, NOW, key="u1"))
    assert fresh(second.id).status == "confirmed"
    assert credit.balance_minor(first.customer_id, "GBP") == 0
    assert [entry.amount_minor for entry in credit.list_entries(first.customer_id)] == [-75_00, 75_00]


def test_what_was_paid_by_credit_becomes_credit_again() -> None:
    first = placed(method="cash")
    given(first, way="credit")
    second = placed()
    done(lambda: credit.use(second.id, 75_00, OFFICE, NOW))
    (refund,) = given(fresh(second.id))
    assert (refund.route, refund.status) == ("credit", "succeeded")
    assert credit.balance_minor(first.customer_id, "GBP") == 75_00


def test_no_more_credit_is_used_than_there_is() -> None:
    given(placed(method="cash"), way="credit", amount_minor=20_00)
    booking = placed()
    with pytest.raises(Invalid) as refused:
        done(lambda: credit.use(booking.id, 20_01, OFFICE, NOW))
    assert refused.value.code == "not_covered"
    done(lambda: credit.use(booking.id, 20_00, OFFICE, NOW))
    assert (fresh(booking.id).payment_status, fresh(booking.id).due_minor) == ("part_paid", 55_00)


def test_a_correction_needs_an_admin_and_stays_above_nothing() -> None:
    customer = factories.make_user()
    with pytest.raises(Forbidden):
        done(lambda: credit.adjust(customer.id, 10_00, "Goodwill", OFFICE))
    done(lambda: credit.adjust(customer.id, 10_00, "Goodwill", admin()))
    with pytest.raises(Refused) as refused:
        done(lambda: credit.adjust(customer.id, -10_01, "Too much", admin()))
    assert refused.value.code == "not_covered"


def test_another_customers_credit_is_not_theirs_to_use() -> None:
    booking = placed()
    with pytest.raises(Forbidden):
        done(lambda: credit.use(booking.id, 1, Actor("customer", factories.make_user().id), NOW))


# --- Made elsewhere ---


def test_a_refund_made_elsewhere_is_confirmed_by_who_may_pay_out() -> None:
    booking = placed(method="cash")
    (refund,) = given(booking, receipt="Till 7")
    with pytest.raises(Refused):
        done(lambda: refunds.acknowledge(refund.id, admin()))
    refund.is_external = True
    done(lambda: None)
    with pytest.raises(Forbidden):
        done(lambda: refunds.acknowledge(refund.id, OFFICE))
    assert done(lambda: refunds.acknowledge(refund.id, admin())).acknowledged_at is not None


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_ways_proposed_agree_with_what_each_gateway_can(gateway: str) -> None:
    gives_parts = gateway_accounts.open_account(factories.make_gateway_account(gateway)).gives_back_parts
    assert (gateway not in giving_back.WHOLE_ONLY) == gives_parts


def test_a_failed_refund_is_tried_again_once() -> None:
    booking = placed(method="cash")
    (failed,) = given(booking, amount_minor=25_00, receipt="Till 7")
    done(lambda: refunds.fail(failed.id, "The account is closed", admin()))
    first, second = (done(lambda: giving_back.try_again(failed.id, admin(), NOW)) for _ in range(2))
    assert first.id == second.id
    assert (first.status, first.amount_minor, first.reason, first.route) == ("approved", 25_00, "Ill", "hand")
    with pytest.raises(Refused):
        done(lambda: giving_back.try_again(first.id, admin(), NOW))
    with pytest.raises(Forbidden):
        done(lambda: giving_back.try_again(failed.id, OFFICE, NOW))
