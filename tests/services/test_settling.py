"""The gateway's word becomes our ledger: forward only, once, and only for the same money."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Booking, Payment, Schedule
from backoffice.services import bookings, settling
from backoffice.services.settling import other_money
from tests import factories
from tests.paying import booking_of, fresh_payment, history, items, settled, started, word
from tests.services.booked import ADMIN, done, entries, fresh, mails, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def test_a_paid_attempt_confirms_its_booking_and_mails_once() -> None:
    payment = started()
    paid_at = datetime.now(UTC) - timedelta(seconds=5)
    assert settled(payment, paid_at=paid_at, fee_minor=120) == "succeeded"
    booking, payment = booking_of(payment), fresh_payment(payment.id)
    assert (booking.status, booking.payment_status, booking.due_minor) == ("confirmed", "paid", 0)
    assert (payment.paid_at, payment.fee_minor, payment.next_check_at) == (paid_at, 120, None)
    assert mails() == ["booking_confirmed"]
    assert [entry.actor_name for entry in entries("payment:succeeded")] == ["Stripe"]


def test_the_same_word_twice_has_one_effect() -> None:
    payment = started()
    assert [settled(payment), settled(payment)] == ["succeeded", "already succeeded"]
    assert mails() == ["booking_confirmed"]
    assert history(payment).count("succeeded") == 1
    assert len(entries("payment:succeeded")) == 1


@pytest.mark.parametrize(
    "order", list(permutations(("pending", "processing", "failed", "succeeded"))), ids="-".join
)
def test_in_whatever_order_the_words_come_the_payment_is_paid(order: tuple[str, ...]) -> None:
    """Abuse case B4."""
    payment = started()
    for status in order:
        settled(payment, status)
    assert fresh_payment(payment.id).status == "succeeded"
    assert booking_of(payment).status == "confirmed"
    assert mails() == ["booking_confirmed"]


@pytest.mark.parametrize("later", ["pending", "processing", "failed", "cancelled"])
def test_nothing_undoes_a_success(later: str) -> None:
    payment = started()
    settled(payment)
    assert settled(payment, later).startswith("ignored")
    assert fresh_payment(payment.id).status == "succeeded"


OTHER_MONEY = pytest.mark.parametrize(
    "other",
    [
        {"amount_minor": 1},
        {"amount_minor": 75_01},
        {"currency": "ugx"},
        {"reference": "TST-P-1999-0001"},
        {"gateway_reference": "cs_of_somebody_else"},
    ],
    ids=lambda other: next(iter(other)),
)


@OTHER_MONEY
def test_other_money_pays_nothing_and_is_put_before_people(other: dict[str, Any]) -> None:
    """Abuse case B8."""
    payment = started()
    for _ in range(2):
        assert settled(payment, **other).startswith("not paid")
    payment = fresh_payment(payment.id)
    assert (payment.status, payment.paid_at) == ("pending", None)
    assert (booking_of(payment).status, booking_of(payment).paid_minor) == ("pending", 0)
    assert items() == ["payment_mismatch"]
    assert len(entries("payment:mismatch")) == 1
    assert history(payment) == ["started", "mismatch"]
    assert mails() == []


@OTHER_MONEY
def test_without_the_comparison_other_money_pays(
    other: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: nobody holds what came against what was asked for."""
    monkeypatch.setattr(other_money, "find_fault", lambda *_: None)
    payment = started()
    assert settled(payment, **other) == "succeeded"
    assert booking_of(payment).status == "confirmed"
    assert items() == []


def test_a_currency_in_small_letters_is_the_same_currency() -> None:
    payment = started()
    assert settled(payment, currency="gbp") == "succeeded"


def test_a_part_leaves_the_booking_pending_and_says_what_came() -> None:
    booking = placed(places=2)
    payment = started(booking, amount_minor=50_00)
    settled(payment)
    booking = fresh(booking.id)
    assert (booking.status, booking.payment_status, booking.due_minor) == ("pending", "part_paid", 100_00)
    assert mails() == ["payment_received"]


def test_two_tabs_that_both_pay_leave_the_second_flagged() -> None:
    """Abuse case B22: one is kept, the other is nobody's, and somebody is told."""
    booking = placed()
    first = started(booking)
    db.session.execute(update(Payment).values(checkout_url=None))
    db.session.commit()
    second = started(fresh(booking.id))
    assert first.id != second.id
    settled(first)
    settled(second)
    booking = fresh(booking.id)
    assert (booking.paid_minor, booking.due_minor, booking.payment_status) == (75_00, 0, "paid")
    assert fresh_payment(second.id).unallocated_minor == 75_00
    assert fresh_payment(first.id).unallocated_minor == 0
    assert items() == ["paid_too_much"]
    assert mails().count("booking_confirmed") == 1


def test_the_other_open_tab_is_due_at_once_when_one_has_paid() -> None:
    booking = placed()
    first = started(booking)
    db.session.execute(update(Payment).values(checkout_url=None, next_check_at=None))
    db.session.commit()
    second = started(fresh(booking.id))
    settled(first)
    due = fresh_payment(second.id).next_check_at
    assert due is not None
    assert due <= datetime.now(UTC)
    assert not settling.is_wanted(fresh_payment(second.id))


def expired(payment: Payment) -> Booking:
    """The attempt was closed at its gateway, and with it the hold ended."""
    booking = booking_of(payment)
    settled(payment, "cancelled")
    db.session.execute(
        update(Booking)
        .where(Booking.id == booking.id)
        .values(hold_expires_at=datetime.now(UTC) - timedelta(minutes=1))
    )
    db.session.commit()
    done(lambda: bookings.release_ended_hold(booking.id, ADMIN))
    return fresh(booking.id)


def test_money_after_the_hold_takes_the_places_again() -> None:
    payment = started()
    booking = expired(payment)
    assert booking.status == "expired"
    settled(payment)
    booking = fresh(booking.id)
    assert (booking.status, booking.payment_status) == ("confirmed", "paid")
    assert mails()[-1] == "booking_confirmed"


def test_money_after_the_hold_on_a_full_date_waits_for_people_and_is_not_lost() -> None:
    schedule = factories.make_schedule(capacity=1)
    payment = started(placed(schedule))
    booking = expired(payment)
    other = placed(db.session.get_one(Schedule, schedule.id), method="cash")
    settled(payment)
    booking = fresh(booking.id)
    assert (booking.status, booking.paid_minor) == ("expired", 75_00)
    assert items() == ["paid_after_hold"]
    assert fresh(other.id).status == "confirmed"
    assert mails().count("payment_received") == 1


def test_money_for_a_cancelled_booking_is_set_free_and_put_before_people() -> None:
    payment = started()
    booking = booking_of(payment)
    done(lambda: bookings.cancel(booking.id, "Ill", ADMIN))
    settled(payment)
    assert fresh(booking.id).status == "cancelled"
    assert fresh_payment(payment.id).status == "succeeded"
    assert items() == ["paid_too_much"]


def test_an_attempt_whose_first_answer_was_lost_is_known_by_the_gateways_later_word() -> None:
    """The prompt was on the telephone, the page was made: only its name there was never heard."""
    payment = started()
    db.session.execute(update(Payment).values(gateway_reference=None))
    db.session.commit()
    payment = fresh_payment(payment.id)
    assert settled(payment, gateway_reference="ws_CO_1") == "succeeded"
    assert fresh_payment(payment.id).gateway_reference == "ws_CO_1"


# --- Finding the payment that is spoken of ---


def test_a_payment_is_found_by_every_name_it_goes_by() -> None:
    payment = started()
    settled(payment, gateway_charge_id="ch_1")
    account_id = payment.gateway_account_id
    assert account_id is not None
    for name in ("payment_id", "gateway_payment_id", "gateway_reference", "gateway_charge_id", "reference"):
        others: dict[str, Any] = dict.fromkeys(
            ("payment_id", "gateway_payment_id", "gateway_reference", "reference")
        )
        said = word(payment, gateway_charge_id="ch_1")
        found = settling.find_payment(account_id, word(payment, **others | {name: getattr(said, name)}))
        assert found is not None, name
        assert found.id == payment.id


def test_a_word_from_another_account_is_about_nothing_of_ours() -> None:
    payment = started()
    other = factories.make_gateway_account("stripe", is_in_use=False)
    assert settling.find_payment(other.id, word(payment)) is None
    assert settling.find_payment(other.id, word(payment, payment_id=None)) is None


# --- Asking when nobody says anything ---


def test_an_open_payment_is_asked_about_with_growing_pauses_of_at_most_five_minutes() -> None:
    payment, now = started(), datetime.now(UTC) + timedelta(minutes=1)
    pauses = []
    for _ in range(8):
        claimed = done(lambda: settling.claim_check(payment.id, now))  # noqa: B023
        assert claimed is not None
        assert claimed.next_check_at is not None
        pauses.append((claimed.next_check_at - now).total_seconds())
        assert done(lambda: settling.claim_check(payment.id, now)) is None  # noqa: B023
        now = claimed.next_check_at
    assert pauses == [10, 15, 30, 60, 120, 300, 300, 300]


def test_a_payment_that_is_settled_is_never_asked_about_again() -> None:
    payment = started()
    settled(payment, fee_minor=155)
    later = datetime.now(UTC) + timedelta(days=1)
    assert done(lambda: settling.claim_check(payment.id, later)) is None
    assert db.session.scalars(select(Payment.next_check_at)).one() is None


def test_a_payment_without_its_fee_is_asked_about_a_few_times_until_it_is_known() -> None:
    payment, now = started(), datetime.now(UTC) + timedelta(minutes=1)
    settled(payment)
    tries = 0
    while claimed := done(lambda: settling.claim_check(payment.id, now)):  # noqa: B023
        tries += 1
        if claimed.next_check_at is None:
            break
        now = claimed.next_check_at
    assert tries == len(settling.FEE_PAUSES)


def test_a_fee_that_is_said_later_is_kept_and_nothing_is_asked_again() -> None:
    payment = started()
    settled(payment)
    assert fresh_payment(payment.id).next_check_at is not None
    assert settled(payment, fee_minor=155) == "already succeeded"
    known = fresh_payment(payment.id)
    assert (known.fee_minor, known.next_check_at) == (155, None)


def test_m_pesa_says_no_fee_and_is_not_asked_for_it() -> None:
    payment = started(gateway="mpesa", payer_phone="+254712345678")
    settled(payment)
    assert fresh_payment(payment.id).next_check_at is None


def test_a_second_sum_under_one_reference_is_put_before_people_once() -> None:
    """Flutterwave: two pages of the same reference, both paid."""
    payment = started()
    settled(payment, gateway_payment_id="1001")
    for _ in range(2):
        assert settled(payment, gateway_payment_id="1002") == settling.PAID_TWICE
    assert items() == ["paid_twice"]
    assert fresh_payment(payment.id).gateway_payment_id == "1001"


def test_an_instant_long_before_we_asked_is_not_believed() -> None:
    payment = started()
    settled(payment, paid_at=datetime(2019, 1, 1, tzinfo=UTC))
    paid_at = fresh_payment(payment.id).paid_at
    assert paid_at is not None
    assert paid_at > datetime.now(UTC) - timedelta(days=2)
