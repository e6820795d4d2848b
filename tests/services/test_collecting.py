"""Asking for money through a gateway: what is written down before it is asked, and what is there already."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.gateway_terms import Started
from backoffice.models import Booking, Payment, Tenant
from backoffice.services import booking_groups, bookings, collecting
from backoffice.services.collecting import Attempt, Wish
from tests import factories
from tests.paying import account_of, fresh_payment, history, settled, started
from tests.services.booked import ADMIN, OFFICE, done, fresh, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def prepared(*wanted: Booking, gateway: str = "stripe", **wish: Any) -> Attempt:
    asked = Wish(gateway, tuple(booking.id for booking in wanted), **wish)
    return done(lambda: collecting.prepare(asked, OFFICE, datetime.now(UTC)))


def answered(attempt: Attempt) -> Attempt:
    """Its gateway has named the page to pay on."""
    known = Started(f"cs_{attempt.payment_id}", f"https://pay.example/{attempt.payment_id}")
    done(lambda: collecting.note_started(attempt.payment_id, known))
    return attempt


def shillings(tenant: Tenant, price_minor: int = 1500_00) -> Booking:
    account_of("mpesa")
    tenant.currency = "KES"
    db.session.commit()
    return placed(factories.make_schedule(currency="KES", price_minor=price_minor))


def refused(*wanted: Booking, **wish: Any) -> str:
    with pytest.raises((Refused, Invalid)) as caught:
        prepared(*wanted, **wish)
    return caught.value.code


# --- What is written down ---


def test_an_attempt_is_written_down_before_its_gateway_is_asked() -> None:
    account, booking = account_of(), placed()
    attempt = prepared(booking)
    payment = fresh_payment(attempt.payment_id)
    assert (payment.status, payment.amount_minor, payment.method) == ("pending", 75_00, "stripe")
    assert (payment.gateway_account_id, payment.gateway_reference) == (account.id, None)
    assert [(each.booking_id, each.amount_minor) for each in payment.allocations] == [(booking.id, 75_00)]
    assert payment.next_check_at is not None
    assert history(payment) == ["started"]
    assert fresh(booking.id).paid_minor == 0


def test_the_gateway_is_told_what_finds_our_row_again() -> None:
    account_of()
    booking = placed()
    attempt = prepared(booking)
    charge, payment = attempt.charge, fresh_payment(attempt.payment_id)
    assert charge is not None
    assert (charge.payment_id, charge.reference) == (payment.id, payment.reference)
    assert (charge.amount_minor, charge.currency) == (75_00, "GBP")
    assert booking.reference in charge.description
    assert charge.payer_email == "alice@x.example"


def test_the_customers_saved_card_is_offered_to_nobody_else() -> None:
    first = started()
    settled(first, saved_customer="cus_alice")
    stranger, own = (prepared(placed(), is_customer=known) for known in (False, True))
    assert stranger.charge and stranger.charge.saved_customer is None
    assert own.charge and own.charge.saved_customer == "cus_alice"


def test_without_an_account_nothing_is_asked() -> None:
    assert refused(placed()) == "no_account"
    assert db.session.scalar(select(Payment)) is None


def test_a_booking_of_nobody_is_not_found() -> None:
    account_of()
    booking = placed()
    nobody = Wish("stripe", (booking.id, factories.new_id()))
    with pytest.raises(NotFound):
        done(lambda: collecting.prepare(nobody, OFFICE, datetime.now(UTC)))


# --- Asked for twice ---


def test_a_double_click_is_one_attempt() -> None:
    account_of()
    booking = placed()
    first = answered(prepared(booking, key="click"))
    second = prepared(booking, key="click")
    assert (second.payment_id, second.charge) == (first.payment_id, None)
    assert second.url == f"https://pay.example/{first.payment_id}"


def test_a_key_whose_answer_was_lost_asks_the_gateway_the_same_again() -> None:
    account_of()
    booking = placed()
    first, second = (prepared(booking, key="click") for _ in range(2))
    assert second.payment_id == first.payment_id
    assert second.charge == first.charge


def test_a_key_of_money_taken_by_hand_is_no_attempt() -> None:
    account_of()
    paid = placed(method="cash")
    done(lambda: db.session.execute(update(Payment).values(idempotency_key="till")))
    assert refused(paid, key="till") == "key_used"


def test_an_open_page_for_the_same_money_is_shown_again() -> None:
    account_of()
    booking = placed()
    first, second = answered(prepared(booking)), prepared(booking)
    assert (second.payment_id, second.charge) == (first.payment_id, None)
    assert second.url == f"https://pay.example/{first.payment_id}"


@pytest.mark.parametrize(
    "wish", [{"amount_minor": 25_00}, {"saves_method": True}, {"is_customer": True}], ids=str
)
def test_a_page_on_other_terms_is_another_one(wish: dict[str, Any]) -> None:
    account_of()
    booking = placed()
    first, other = answered(prepared(booking)), prepared(booking, **wish)
    assert other.payment_id != first.payment_id
    assert other.charge is not None


def test_a_page_that_is_nearly_over_is_followed_by_another() -> None:
    account_of()
    booking = placed()
    first = answered(prepared(booking))
    soon = datetime.now(UTC) + timedelta(minutes=4)
    done(lambda: db.session.execute(update(Payment).values(ends_at=soon)))
    assert prepared(booking).payment_id != first.payment_id


# --- How much ---


def test_nothing_due_is_refused() -> None:
    account_of()
    paid, cancelled = placed(method="cash"), placed()
    done(lambda: bookings.cancel(cancelled.id, "Ill", ADMIN))
    assert [refused(paid), refused(fresh(cancelled.id))] == ["nothing_due"] * 2


def test_a_deposit_is_a_part_and_the_rest_is_due_after_it() -> None:
    account_of()
    booking = placed()
    deposit = prepared(booking, amount_minor=20_00)
    settled(fresh_payment(deposit.payment_id))
    assert fresh(booking.id).payment_status == "part_paid"
    rest = prepared(booking)
    assert fresh_payment(rest.payment_id).amount_minor == 55_00


@pytest.mark.parametrize("amount", [0, -1, 75_01])
def test_a_part_is_above_nothing_and_not_above_what_is_due(amount: int) -> None:
    account_of()
    assert refused(placed(), amount_minor=amount) == "amount"


def test_a_group_is_paid_by_one_attempt_in_the_order_named() -> None:
    account_of()
    first, second = placed(), placed()
    group = done(lambda: booking_groups.make("Works outing", [first.id, second.id], ADMIN))
    payment = fresh_payment(prepared(second, first, amount_minor=100_00).payment_id)
    shares = {each.booking_id: each.amount_minor for each in payment.allocations}
    assert shares == {second.id: 75_00, first.id: 25_00}
    assert payment.booking_group_id == group.id


def test_a_booking_named_twice_is_paid_once() -> None:
    account_of()
    booking = placed()
    assert fresh_payment(prepared(booking, booking).payment_id).amount_minor == 75_00


# --- After the hold ---


def expired(**schedule: Any) -> Booking:
    booking = placed(factories.make_schedule(**schedule))
    past = datetime.now(UTC) - timedelta(minutes=1)
    done(lambda: db.session.execute(update(Booking).values(hold_expires_at=past)))
    done(lambda: bookings.release_ended_hold(booking.id, ADMIN))
    return fresh(booking.id)


def test_a_hold_that_ran_out_can_be_paid_while_its_places_are_free() -> None:
    account_of()
    booking = expired(capacity=1)
    assert booking.status == "expired"
    payment = fresh_payment(prepared(booking).payment_id)
    settled(payment)
    assert fresh(booking.id).status == "confirmed"


def test_a_hold_that_ran_out_of_a_full_date_cannot_be_paid() -> None:
    account_of()
    booking = expired(capacity=1)
    placed(booking.schedule)
    assert refused(booking) == "fully_booked"


def test_a_hold_that_ran_out_of_a_date_off_sale_cannot_be_paid() -> None:
    account_of()
    booking = expired()
    booking.schedule.status = "cancelled"
    db.session.commit()
    assert refused(booking) == "not_on_sale"


# --- A telephone ---


def test_a_second_prompt_waits_for_the_first(tenant: Tenant) -> None:
    booking = shillings(tenant)
    first = prepared(booking, gateway="mpesa")
    assert refused(booking, gateway="mpesa") == "prompt_open"
    settled(fresh_payment(first.payment_id), "failed", gateway_reference=None)
    assert prepared(booking, gateway="mpesa").payment_id != first.payment_id


def test_a_telephone_is_not_asked_twice_for_one_click(tenant: Tenant) -> None:
    booking = shillings(tenant)
    first, again = (prepared(booking, gateway="mpesa", key="click") for _ in range(2))
    assert (again.payment_id, again.charge) == (first.payment_id, None)


def test_a_prompt_is_for_whole_shillings(tenant: Tenant) -> None:
    booking = shillings(tenant)
    assert refused(booking, gateway="mpesa", amount_minor=100_50) == "amount"
    attempt = prepared(booking, gateway="mpesa", amount_minor=100_00)
    assert attempt.charge and attempt.charge.notice_url.endswith(f"/{attempt.payment_id}")
