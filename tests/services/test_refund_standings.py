"""What a gateway says of a refund: ours are carried to their end, those made in its dashboard are written down once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Refused
from backoffice.domain.gateway_terms import GatewayDelayed, RefundStanding
from backoffice.models import Payment, Refund
from backoffice.services import collecting, refund_standings, refunds
from backoffice.services.collecting import Wish
from backoffice.services.refunds import RefundIn
from tests.paying import STRIPE, account_of, booking_of, fresh_payment, items, settled, started
from tests.services.booked import ADMIN, done, fresh, placed

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")


def paid() -> Payment:
    payment = started()
    settled(payment)
    return fresh_payment(payment.id)


def paid_for_two() -> Payment:
    """One payment of 150.00 for two bookings."""
    account_of()
    wish = Wish("stripe", (placed().id, placed().id))
    attempt = done(lambda: collecting.prepare(wish, ADMIN, datetime.now(UTC)))
    payment = fresh_payment(attempt.payment_id)
    settled(payment)
    return fresh_payment(payment.id)


def followed(
    payment: Payment, amount: int, status: str = "succeeded", name: str = "re_1", **more: object
) -> str:
    standing = RefundStanding(status, amount, "GBP", name, f"pi_{payment.id}", **more)  # type: ignore[arg-type]
    return done(lambda: refund_standings.follow(payment.id, standing, STRIPE, datetime.now(UTC)))


def total(payment: Payment, amount: int) -> str:
    return done(lambda: refund_standings.follow_total(payment.id, amount, STRIPE, datetime.now(UTC)))


def rows() -> list[Refund]:
    db.session.expire_all()
    return list(db.session.scalars(select(Refund).order_by(Refund.id)))


def begun(payment: Payment, amount: int = 30_00) -> Refund:
    """A refund of ours on its way through the gateway."""
    wanted = RefundIn(payment.id, amount, "Ill", booking_id=booking_of(payment).id)
    refund = done(lambda: refunds.request(wanted, ADMIN))
    done(lambda: refunds.approve(refund.id, ADMIN))
    done(lambda: refunds.begin(refund.id, ADMIN))
    return db.session.get_one(Refund, refund.id)


def test_a_refund_made_in_the_dashboard_counts_at_once_and_waits_to_be_confirmed() -> None:
    """Abuse case C5."""
    payment = paid()
    assert followed(payment, 20_00) == "external refund, to be confirmed"
    (refund,) = rows()
    assert (refund.is_external, refund.status, refund.acknowledged_at) == (True, "succeeded", None)
    assert (refund.route, refund.gateway_refund_id) == ("gateway", "re_1")
    booking = booking_of(payment)
    assert (booking.refunded_minor, booking.payment_status) == (20_00, "part_refunded")
    assert fresh_payment(payment.id).refunded_minor == 20_00


def test_the_same_refund_told_again_in_other_ways_is_one() -> None:
    payment = paid()
    followed(payment, 20_00)
    assert followed(payment, 20_00) == "refund already succeeded"
    assert total(payment, 20_00) == "refunds known"
    assert len(rows()) == 1


def test_a_refund_known_by_its_total_first_gets_its_name_later() -> None:
    payment = paid()
    total(payment, 20_00)
    assert followed(payment, 20_00, name="re_9") == "refund already succeeded"
    (refund,) = rows()
    assert refund.gateway_refund_id == "re_9"


def test_totals_that_grow_are_written_down_by_what_is_new() -> None:
    payment = paid()
    for amount in (20_00, 20_00, 50_00, 30_00):
        total(payment, amount)
    assert [refund.amount_minor for refund in rows()] == [20_00, 30_00]


def test_more_back_than_was_paid_is_put_before_people() -> None:
    payment = paid()
    followed(payment, 80_00)
    assert [refund.amount_minor for refund in rows()] == [75_00]
    assert items() == ["refund_beyond"]


def test_a_refund_that_comes_before_its_payment_waits_for_it() -> None:
    payment = started()
    with pytest.raises(GatewayDelayed):
        followed(payment, 20_00)
    db.session.rollback()
    assert rows() == []
    settled(payment)
    followed(payment, 20_00)
    assert len(rows()) == 1


def test_a_total_that_is_shared_out_gets_its_name_as_one() -> None:
    payment = paid_for_two()
    total(payment, 100_00)
    assert followed(payment, 100_00, name="re_9") == "refund already succeeded"
    assert [refund.gateway_refund_id for refund in rows()] == ["re_9", "re_9"]


def test_a_shared_out_refund_that_fails_at_the_bank_fails_whole() -> None:
    payment = paid_for_two()
    followed(payment, 100_00)
    assert sum(refund.amount_minor for refund in rows()) == 100_00
    followed(payment, 100_00, "failed")
    assert [refund.status for refund in rows()] == ["failed", "failed"]
    assert fresh_payment(payment.id).refunded_minor == 0


def test_an_unsigned_result_is_believed_only_under_the_name_our_request_was_given() -> None:
    payment = paid()
    refund = begun(payment)
    with pytest.raises(GatewayDelayed):
        followed(payment, 30_00, name="RC1", refund_id=refund.id, request_name="AG_1")
    db.session.rollback()
    followed(payment, 30_00, "processing", name="AG_1", refund_id=refund.id)
    for status in ("succeeded", "failed"):
        said = followed(payment, 30_00, status, name="RC9", refund_id=refund.id, request_name="AG_9")
        assert said == "ignored: the result of another request"
    other = followed(payment, 10_00, name="RC1", refund_id=refund.id, request_name="AG_1")
    assert other == "ignored: the result of another amount"
    assert rows()[0].status == "processing"
    assert (
        followed(payment, 30_00, name="RC1", refund_id=refund.id, request_name="AG_1") == "refund succeeded"
    )
    again = followed(payment, 30_00, name="RC1", refund_id=refund.id, request_name="AG_1")
    assert (again, rows()[0].receipt) == ("refund already succeeded", "RC1")


def test_an_unsigned_word_of_a_refund_nobody_asked_for_is_only_put_before_people() -> None:
    payment = paid()
    for _ in range(2):
        assert followed(payment, 30_00, request_name="AG_1").startswith("not booked")
    assert rows() == []
    assert items() == ["refund_claimed"]


def test_money_given_back_of_a_payment_that_was_not_booked_is_no_refund_and_no_error() -> None:
    payment = started()
    settled(payment, amount_minor=1)
    assert followed(payment, 1) == "a refund of money that was not booked"
    assert rows() == []


def test_a_refund_that_its_gateway_is_silent_about_is_ended_by_hand() -> None:
    """M-Pesa answers no question about a reversal, and its result may be lost."""
    payment = started(gateway="mpesa", payer_phone="+254712345678", booking=placed())
    settled(payment)
    refund = begun(payment, 75_00)
    now = datetime.now(UTC)
    with pytest.raises(Refused):
        done(lambda: refunds.fail(refund.id, "Looked it up", ADMIN))
    for _ in range(refunds.MOST_CHECKS["mpesa"]):
        assert items() == []
        claimed = done(lambda: refunds.claim_carrying(refund.id, now))  # noqa: B023
        assert claimed is not None
        assert claimed.next_check_at is not None
        now = claimed.next_check_at
    assert now - datetime.now(UTC) > timedelta(hours=1)
    assert items() == ["refund_unanswered"]
    done(lambda: refunds.execute(refund.id, "NLJ0000000", ADMIN))
    (row,) = rows()
    assert (row.status, row.receipt, row.route, row.next_check_at) == (
        "succeeded",
        "NLJ0000000",
        "gateway",
        None,
    )
    assert fresh_payment(payment.id).refunded_minor == 75_00


def test_a_refund_that_was_given_up_and_came_through_after_all_is_put_before_people() -> None:
    payment = paid()
    refund = begun(payment)
    followed(payment, 30_00, "failed", refund_id=refund.id)
    assert followed(payment, 30_00, refund_id=refund.id).startswith("not booked")
    assert items() == ["refund_failed", "refund_came_through"]


def test_our_refund_is_carried_to_its_end_by_its_id() -> None:
    payment = paid()
    refund = begun(payment)
    assert refund.status == "processing"
    assert followed(payment, 30_00, "processing", refund_id=refund.id).startswith("refund already")
    assert followed(payment, 30_00, refund_id=refund.id) == "refund succeeded"
    (refund,) = rows()
    assert (refund.status, refund.is_external, refund.receipt) == ("succeeded", False, "re_1")
    assert booking_of(payment).refunded_minor == 30_00


def test_our_refund_seen_in_the_total_is_no_second_one() -> None:
    payment = paid()
    begun(payment)
    assert total(payment, 30_00) == "refunds known"
    assert len(rows()) == 1


def test_a_refund_that_failed_frees_its_money_and_is_put_before_people() -> None:
    payment = paid()
    refund = begun(payment)
    followed(payment, 30_00, "failed", refund_id=refund.id, failure_reason="The card is closed.")
    (refund,) = rows()
    assert (refund.status, refund.failure_reason) == ("failed", "The card is closed.")
    assert fresh_payment(payment.id).refunded_minor == 0
    assert items() == ["refund_failed"]


def test_a_bank_may_return_what_had_succeeded() -> None:
    payment = paid()
    refund = begun(payment)
    followed(payment, 30_00, refund_id=refund.id)
    followed(payment, 30_00, "failed", refund_id=refund.id)
    assert rows()[0].status == "failed"
    assert booking_of(payment).refunded_minor == 0
    # And nothing makes it succeed again.
    followed(payment, 30_00, refund_id=refund.id)
    assert rows()[0].status == "failed"


def test_a_refund_that_failed_elsewhere_is_nothing() -> None:
    assert followed(paid(), 20_00, "failed") == "a refund that failed elsewhere"
    assert rows() == []


def test_a_refund_of_a_payment_for_several_bookings_is_shared_out() -> None:
    first, second = placed(), placed()
    payment = started(first)
    settled(payment)
    other = started(second)
    settled(other)
    followed(payment, 75_00)
    assert (fresh(first.id).refunded_minor, fresh(second.id).refunded_minor) == (75_00, 0)


def test_a_refund_named_for_another_payment_is_not_taken_for_this_one() -> None:
    first, second = paid(), paid()
    refund = begun(first)
    followed(second, 30_00, refund_id=refund.id, name="re_2")
    db.session.expire_all()
    assert db.session.get_one(Refund, refund.id).status == "processing"
    assert fresh_payment(second.id).refunded_minor == 30_00
