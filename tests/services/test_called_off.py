"""A date is called off: every booker chooses once, and every penny goes where they said."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, Refused
from backoffice.jobs.gateways import check
from backoffice.jobs.refunds import carry_on
from backoffice.models import Booking, CreditBalance, Message, Refund, Schedule, ScheduleChoice, Tenant
from backoffice.services import (
    called_off,
    credit,
    giving_back,
    letters,
    mail_texts,
    payments,
    refunds,
    schedules,
)
from backoffice.services.called_off import Answer, CallOff
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from tests import factories
from tests.paying import booking_of, fresh_payment, items, settled, started
from tests.services.booked import ADMIN, OFFICE, done, entries, fresh, mails, person, placed, seats_taken
from tests.stand_in_gateway import StandIn
from tests.stand_in_gateway import gateway as gateway

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")
BOOKER = Actor("customer", name="Visitor")
IN_A_WEEK = timedelta(days=7)


def admin() -> Actor:
    return factories.actor("admin", factories.make_user("admin"))


def called_off_date(schedule: Schedule | UUID, actor: Actor | None = None, **more: Any) -> None:
    schedule_id = schedule if isinstance(schedule, UUID) else schedule.id
    now = datetime.now(UTC)
    values: dict[str, Any] = {"reason": "The trainer is ill.", "deadline_at": now + IN_A_WEEK} | more
    done(lambda: called_off.call_off(schedule_id, CallOff(**values), actor or ADMIN))


def choice_of(booking: Booking | UUID) -> ScheduleChoice:
    db.session.expire_all()
    booking_id = booking if isinstance(booking, UUID) else booking.id
    found = called_off.find_of_booking(booking_id)
    assert found is not None
    return found


def answered(booking: Booking | UUID, way: str, actor: Actor = BOOKER, **more: Any) -> ScheduleChoice:
    choice_id = choice_of(booking).id
    return done(lambda: called_off.answer(choice_id, Answer(way, **more), actor)[0])


def refunds_of(booking: Booking | UUID) -> list[Refund]:
    booking_id = booking if isinstance(booking, UUID) else booking.id
    return list(db.session.scalars(select(Refund).where(Refund.booking_id == booking_id)))


# --- Calling off ---


def test_calling_off_ends_the_bookings_and_frees_the_places() -> None:
    schedule = factories.make_schedule()
    paid, unpaid = placed(schedule, 2, "cash"), placed(schedule)
    called_off_date(schedule)
    assert fresh(paid.id).status == fresh(unpaid.id).status == "cancelled"
    assert db.session.get_one(Schedule, schedule.id).status == "cancelled"
    assert seats_taken(schedule.id) == 0
    assert (choice_of(paid).status, choice_of(unpaid).status) == ("open", "nothing_paid")
    assert mails() == ["date_called_off", "date_called_off"]
    assert entries("schedule:call_off")[0].new_values["bookings"] == 2


def test_the_venue_is_free_again() -> None:
    venue = factories.make_venue()
    schedule = factories.make_schedule(venue=venue)
    placed(schedule)
    starts_at = schedule.starts_at
    called_off_date(schedule)
    factories.make_schedule(venue=venue, starts_at=starts_at)


def test_only_an_admin_calls_off() -> None:
    schedule = factories.make_schedule()
    with pytest.raises(Forbidden):
        called_off_date(schedule, OFFICE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", " "),
        ("fallback", "kept"),
        ("deadline_at", datetime.now(UTC) + timedelta(hours=1)),
        ("deadline_at", datetime.now(UTC) + timedelta(days=90)),
        ("proposed_schedule_id", UUID(int=1)),
    ],
)
def test_a_wrong_form_is_refused_beside_its_field(field: str, value: Any) -> None:
    schedule = factories.make_schedule()
    with pytest.raises(Invalid) as refusal:
        called_off_date(schedule, **{field: value})
    assert field in refusal.value.fields


def test_a_date_that_was_taught_is_not_called_off() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    done(lambda: db.session.execute(update(Booking).values(status="completed")))
    with pytest.raises(Refused, match="Attendance"):
        called_off_date(schedule)
    assert fresh(booking.id).status == "completed"


# --- Money back ---


def test_money_back_is_a_refund_of_each_payment() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    called_off_date(schedule, admin())
    choice = answered(booking, "refunded")
    assert (choice.status, choice.amount_minor, choice.answered_by_kind) == ("refunded", 150_00, "customer")
    [refund] = refunds_of(booking)
    assert (refund.amount_minor, refund.status, refund.route) == (150_00, "approved", "hand")


def test_what_was_given_back_before_is_not_given_twice() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    payment_id = booking.allocations[0].payment_id
    first = done(lambda: refunds.request(RefundIn(payment_id, 50_00, "Ill", booking_id=booking.id), OFFICE))
    done(lambda: refunds.approve(first.id, ADMIN))
    called_off_date(schedule)
    answered(booking, "refunded")
    assert sorted(refund.amount_minor for refund in refunds_of(booking)) == [50_00, 100_00]


def test_a_second_answer_changes_nothing() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    answered(booking, "refunded")
    answered(booking, "refunded")
    other = factories.make_schedule(course=db.session.get_one(Schedule, schedule.id).course)
    assert answered(booking, "moved", schedule_id=other.id).status == "refunded"
    assert len(refunds_of(booking)) == 1


def test_above_the_limit_a_second_person_is_waited_for(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 100_00
    db.session.commit()
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    who = admin()
    called_off_date(schedule, who)
    answered(booking, "refunded")
    [refund] = refunds_of(booking)
    assert (refund.status, refund.requested_by_id) == ("requested", who.user_id)


def test_credit_above_the_limit_is_kept_once_a_second_person_approved_it(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 100_00
    db.session.commit()
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    called_off_date(schedule, admin())
    answered(booking, "credited")
    [refund] = refunds_of(booking)
    assert (refund.status, refund.route) == ("requested", "credit")
    second = admin()
    done(lambda: refunds.approve(refund.id, second))
    with pytest.raises(Refused, match="credit"):
        done(lambda: refunds.execute(refund.id, "RC1", second))
    done(lambda: giving_back.send(refunds.get(refund.id), second, datetime.now(UTC)))
    assert credit.balance_minor(booking.customer_id, "GBP") == refund.amount_minor
    assert refunds_of(booking)[0].status == "succeeded"


def test_money_above_the_limit_goes_back_through_its_gateway_once_it_is_approved(tenant: Tenant) -> None:
    tenant.refund_limit_minor = 50_00
    db.session.commit()
    payment = started()
    settled(payment)
    booking = booking_of(payment)
    called_off_date(booking.schedule, admin())
    answered(booking, "refunded")
    [refund] = refunds_of(booking)
    assert (refund.status, refund.route) == ("requested", "gateway")
    second = admin()
    done(lambda: refunds.approve(refund.id, second))
    done(lambda: giving_back.send(refunds.get(refund.id), second, datetime.now(UTC)))
    assert refunds_of(booking)[0].status == "processing"


def test_the_booker_is_late_but_the_office_may_still_answer() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    late = datetime.now(UTC) + timedelta(days=8)
    choice_id = choice_of(booking).id
    with pytest.raises(Refused, match="over"):
        done(lambda: called_off.answer(choice_id, Answer("refunded"), BOOKER, late))
    done(lambda: called_off.answer(choice_id, Answer("refunded"), OFFICE, late))
    assert choice_of(booking).answered_by_kind == "user"


def test_credit_is_kept_at_once_and_no_money_leaves() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    called_off_date(schedule)
    assert answered(booking, "credited").status == "credited"
    [refund] = refunds_of(booking)
    assert (refund.status, refund.route) == ("succeeded", "credit")
    assert credit_of(booking) == 150_00
    assert mails() == ["date_called_off", "refund_made"]


def credit_of(booking: Booking) -> int:
    found = select(CreditBalance.balance_minor).where(
        CreditBalance.customer_id == fresh(booking.id).customer_id
    )
    return db.session.scalars(found).one()


# --- Through the gateway ---


def paid_online() -> Booking:
    payment = started()
    settled(payment)
    return booking_of(payment)


def test_what_came_by_a_gateway_goes_back_there_by_itself(gateway: StandIn) -> None:
    booking = paid_online()
    called_off_date(booking.schedule_id)
    answered(booking, "refunded")
    [refund] = refunds_of(booking)
    assert (refund.status, refund.route) == ("processing", "gateway")
    for _ in range(3):
        carry_on(refund.id)
    assert fresh(booking.id).payment_status == "refunded"
    assert list(gateway.refunds) == [refund.id]


def test_a_part_that_the_gateway_cannot_give_back_is_paid_out_by_hand(gateway: StandIn) -> None:
    booking = paid_online()
    gateway.gives_back_parts = False
    payment_id = booking.allocations[0].payment_id
    wanted = RefundIn(payment_id, 25_00, "Ill", booking_id=booking.id)
    first = done(lambda: refunds.request(wanted, OFFICE))
    done(lambda: refunds.approve(first.id, ADMIN))
    called_off_date(booking.schedule_id)
    answered(booking, "refunded")
    assert sorted((each.amount_minor, each.status) for each in refunds_of(booking)) == [
        (25_00, "approved"),
        (50_00, "approved"),
    ]


def test_open_pages_of_the_gateway_are_closed_at_once(gateway: StandIn) -> None:
    payment = started()
    gateway.says(payment.id, "pending")
    called_off_date(booking_of(payment).schedule_id)
    check(payment.id)
    assert (gateway.ended, fresh_payment(payment.id).status) == ([payment.id], "cancelled")


def test_money_that_comes_late_waits_for_the_choice() -> None:
    payment = started()
    booking = booking_of(payment)
    called_off_date(booking.schedule_id)
    assert choice_of(booking).status == "nothing_paid"
    settled(payment)
    assert (choice_of(booking).status, called_off.held_minor(booking.id)) == ("open", 75_00)
    assert "date_called_off_reminder" in mails()
    assert answered(booking, "credited").amount_minor == 75_00


def test_money_that_comes_after_the_answer_is_put_before_people() -> None:
    payment = started()
    booking = booking_of(payment)
    other = factories.make_schedule(course=db.session.get_one(Schedule, booking.schedule_id).course).id
    called_off_date(booking.schedule_id)
    answered(booking, "moved", schedule_id=other)
    settled(payment)
    assert called_off.held_minor(booking.id) == 0
    assert items() == ["paid_too_much"]


# --- Another date ---


def test_another_date_keeps_the_price_the_people_and_the_money() -> None:
    schedule = factories.make_schedule()
    people = (person("Ada Byron", email="ada@x.example"), person("Bo Diddley"))
    booking = placed(schedule, 2, "cash", attendees=people)
    dearer = factories.make_schedule(course=schedule.course, price_minor=90_00)
    called_off_date(schedule)
    choice = answered(booking, "moved", schedule_id=dearer.id)
    new = fresh(choice.moved_booking_id)
    assert (new.status, new.payment_status, new.total_minor, new.paid_minor) == (
        "confirmed", "paid", 150_00, 150_00,
    )  # fmt: skip
    assert [attendee.name for attendee in new.active_attendees] == ["Ada Byron", "Bo Diddley"]
    assert (seats_taken(dearer.id), new.payment_method) == (2, "cash")
    old = fresh(booking.id)
    assert (old.status, old.paid_minor, old.due_minor) == ("cancelled", 0, 0)
    assert refunds_of(old) == []


def test_a_full_date_is_refused_and_the_choice_stays_open() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    full = factories.make_schedule(course=schedule.course, capacity=1)
    called_off_date(schedule)
    with pytest.raises(Refused):
        answered(booking, "moved", schedule_id=full.id)
    assert choice_of(booking).status == "open"


def test_without_money_another_date_may_be_taken_all_the_same() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule)
    other = factories.make_schedule(course=schedule.course)
    called_off_date(schedule)
    choice = answered(booking, "moved", schedule_id=other.id)
    assert fresh(choice.moved_booking_id).status == "pending"


def test_the_dates_offered_have_places_and_the_proposed_one_first() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash")
    soon, later = (
        factories.make_schedule(
            course=schedule.course, starts_at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        )
        for days in (20, 30)
    )
    factories.make_schedule(course=schedule.course, capacity=1)
    factories.make_schedule()
    later_id, soon_id = later.id, soon.id
    called_off_date(schedule, proposed_schedule_id=later_id)
    assert [date.id for date in called_off.list_dates_for(choice_of(booking))] == [later_id, soon_id]


def test_a_cheaper_date_costs_what_was_agreed_too() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2, "cash", discount_code=factories.make_code().code)
    assert booking.total_minor == 135_00
    cheaper = factories.make_schedule(course=schedule.course, price_minor=50_00).id
    called_off_date(schedule)
    new = fresh(answered(booking, "moved", schedule_id=cheaper).moved_booking_id)
    assert (new.total_minor, new.due_minor, new.discount_code_id) == (135_00, 0, None)
    assert new.adjustment_reason and booking.reference in new.adjustment_reason


def test_of_one_payment_for_two_bookings_each_booker_decides_over_their_part() -> None:
    schedule = factories.make_schedule()
    other = factories.make_schedule(course=schedule.course).id
    first, second = placed(schedule), placed(schedule, 2)
    money = PaymentIn("bank_transfer", 225_00, (first.id, second.id), send_mail=False)
    done(lambda: payments.take(money, OFFICE))
    called_off_date(schedule)
    answered(first, "refunded")
    moved = fresh(answered(second, "moved", schedule_id=other).moved_booking_id)
    assert [refund.amount_minor for refund in refunds_of(first)] == [75_00]
    assert (moved.paid_minor, fresh(first.id).paid_minor, fresh(second.id).paid_minor) == (150_00, 75_00, 0)


def test_a_booking_of_two_payments_gives_each_its_own_back() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2)
    for method, amount in (("cash", 50_00), ("bank_transfer", 100_00)):
        money = PaymentIn(method, amount, (booking.id,), send_mail=False)
        done(partial(payments.take, money, OFFICE))
    called_off_date(schedule)
    answered(booking, "refunded")
    assert sorted(refund.amount_minor for refund in refunds_of(booking)) == [50_00, 100_00]
    assert {refund.status for refund in refunds_of(booking)} == {"approved"}


def test_a_part_that_was_paid_moves_and_the_rest_stays_due() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, 2)
    done(lambda: payments.take(PaymentIn("cash", 50_00, (booking.id,), send_mail=False), OFFICE))
    other = factories.make_schedule(course=schedule.course).id
    called_off_date(schedule)
    new = fresh(answered(booking, "moved", schedule_id=other).moved_booking_id)
    assert (new.status, new.paid_minor, new.due_minor) == ("pending", 50_00, 100_00)


# --- Nobody answers ---


def test_the_default_may_be_credit() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule, fallback="credited")
    choice_id = choice_of(booking).id
    done(lambda: called_off.apply_fallback(choice_id, datetime.now(UTC) + timedelta(days=8)))
    assert (choice_of(booking).status, credit_of(booking)) == ("credited", 75_00)


def test_what_cannot_be_given_back_is_put_before_people_and_tried_again() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    choice_id, late = choice_of(booking).id, datetime.now(UTC) + timedelta(days=8)
    done(lambda: called_off.postpone(choice_id, "Something is wrong.", late))
    assert items() == ["choice_failed"]
    assert not done(lambda: called_off.apply_fallback(choice_id, late))
    assert done(lambda: called_off.apply_fallback(choice_id, late + timedelta(hours=7)))


def test_what_was_given_back_by_hand_meanwhile_leaves_nothing_to_choose_about() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    wanted = RefundIn(booking.allocations[0].payment_id, 75_00, "Ill", booking_id=booking.id)
    refund = done(lambda: refunds.request(wanted, OFFICE))
    done(lambda: refunds.approve(refund.id, ADMIN))
    with pytest.raises(Refused, match="nothing to give back"):
        answered(booking, "refunded")
    choice_id = choice_of(booking).id
    assert done(lambda: called_off.apply_fallback(choice_id, datetime.now(UTC) + timedelta(days=8)))
    assert choice_of(booking).status == "nothing_paid"


def test_after_the_deadline_the_default_is_applied_once() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    choice_id, late = choice_of(booking).id, datetime.now(UTC) + timedelta(days=8)
    assert not done(lambda: called_off.apply_fallback(choice_id))
    assert done(lambda: called_off.apply_fallback(choice_id, late))
    assert not done(lambda: called_off.apply_fallback(choice_id, late))
    assert len(refunds_of(booking)) == 1
    assert choice_of(booking).answered_by_kind == "system"


# --- Mails ---


def test_the_mail_carries_the_link_and_the_row_does_not_keep_it() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    message = db.session.scalars(select(Message).where(Message.template == "date_called_off")).one()
    written = letters.write(message.id)
    assert written is not None
    assert f"/choice/{choice_of(booking).token}" in written.letter.text
    assert "£75.00" in written.letter.text and "The trainer is ill." in written.letter.html
    assert "METHOD:CANCEL" in (written.letter.calendar or "")
    assert written.to_keep["body_text"] is None


def test_a_reminder_goes_once_a_day_and_not_to_who_has_answered() -> None:
    schedule = factories.make_schedule()
    first, second = placed(schedule, method="cash"), placed(schedule, method="cash")
    called_off_date(schedule)
    answered(first, "refunded")
    assert done(lambda: called_off.remind_all(schedule.id, OFFICE)) == 1
    assert done(lambda: called_off.remind_all(schedule.id, OFFICE)) == 0
    choice_id = choice_of(second).id
    with pytest.raises(Refused, match="once a day"):
        done(lambda: called_off.remind(choice_id, OFFICE))
    answered(second, "refunded")
    message = db.session.scalars(select(Message).where(Message.template == "date_called_off_reminder")).one()
    assert letters.write(message.id) is None


def test_every_mail_of_a_choice_can_be_looked_at() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule, method="cash")
    called_off_date(schedule)
    answered(booking, "refunded")
    for template in ("date_called_off", "date_called_off_reminder", "choice_received"):
        mail = mail_texts.preview(template, booking_id=booking.id)
        assert mail.subject and "\n" not in mail.subject
        assert "style=" in mail.html and "{{" not in mail.html + mail.text


def test_cancelling_with_bookings_is_still_refused() -> None:
    schedule = factories.make_schedule()
    booking = placed(schedule)
    with pytest.raises(Refused):
        done(lambda: schedules.cancel(schedule.id, "Ill", ADMIN))
    assert fresh(booking.id).status == "pending"
