"""Who gets a certificate, and of everybody else why not: each rule on its own (docs/certificates.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, update

from backoffice.database import db
from backoffice.models import Attendee, Booking, Course, Payment, Schedule, Tenant
from backoffice.services import payments, refunds
from backoffice.services.certificates import eligibility, issuing
from backoffice.services.certificates.eligibility import Candidate
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import certified, factories
from tests.certified import ADMIN

pytestmark = pytest.mark.usefixtures("tenant")


def why_not(attendee: Attendee) -> str | None:
    return one(attendee).why_not


def one(attendee: Attendee) -> Candidate:
    return eligibility.list_eligible(attendee_ids=[attendee.id])[0]


def ann(days: int = 1, **course: object) -> Attendee:
    schedule = certified.a_date(days=days, course=certified.a_course(**course))
    return certified.booked(schedule, "Ann Able")[0]


def put(model: Any, row_id: object, **values: object) -> None:
    db.session.execute(update(model).where(model.id == row_id).values(**values))
    db.session.commit()


def test_somebody_who_was_there_and_passed_gets_one() -> None:
    found = one(ann())
    assert found.why_not is None and found.name == "Ann Able" and found.email is not None


def test_being_late_counts_as_being_there() -> None:
    attendee = ann(days=2)
    certified.marked(attendee, "late", "present")
    assert why_not(attendee) is None


@pytest.mark.parametrize("status", ["left_early", "absent"])
def test_a_missed_day_is_named(status: str) -> None:
    attendee = ann(days=3)
    certified.marked(attendee, "present", status, status)
    assert "all of days 2, 3" in (why_not(attendee) or "")


def test_a_day_that_nobody_marked_is_missed() -> None:
    attendee = ann()
    from backoffice.models import Attendance

    db.session.query(Attendance).delete()
    db.session.commit()
    assert "day 1" in (why_not(attendee) or "")


def test_an_approved_exception_stands_in_for_missed_days() -> None:
    attendee = ann(days=2)
    certified.marked(attendee, "present", "absent", exception="Sat the second day in May")
    assert why_not(attendee) is None and one(attendee).has_exception


def test_an_exception_stands_in_for_no_outcome() -> None:
    attendee = ann(days=2)
    certified.marked(attendee, "present", "absent", exception="Was ill", outcome="referred")
    assert "referred" in (why_not(attendee) or "")


@pytest.mark.parametrize(
    ("outcome", "said"), [("referred", "Was referred"), ("not_assessed", "Not assessed")]
)
def test_only_who_passed_gets_one(outcome: str, said: str) -> None:
    attendee = ann()
    certified.marked(attendee, outcome=outcome)
    assert said in (why_not(attendee) or "")


def test_nobody_marked_means_not_assessed() -> None:
    attendee = ann()
    from backoffice.models import RegisterEntry

    db.session.query(RegisterEntry).delete()
    db.session.commit()
    assert "Not assessed" in (why_not(attendee) or "")


@pytest.mark.parametrize("status", ["draft", "published", "cancelled"])
def test_the_date_must_be_completed(status: str) -> None:
    schedule = certified.a_date(status=status)
    attendee = certified.booked(schedule, "Ann Able")[0] if status == "published" else None
    if attendee is None:
        return
    assert "not completed" in (why_not(attendee) or "")


@pytest.mark.parametrize("status", ["pending", "confirmed", "no_show", "cancelled", "expired"])
def test_the_booking_must_be_completed(status: str) -> None:
    schedule = certified.a_date()
    assert why_not(certified.booked(schedule, "Ann Able", status=status)[0])


def test_a_cancelled_place_is_not_listed_and_gets_none() -> None:
    attendee = ann()
    put(Attendee, attendee.id, cancelled_at=datetime.now(UTC))
    assert why_not(attendee) == "This place was cancelled."
    assert eligibility.list_eligible(schedule_ids=[attendee.schedule_id]) == []


def test_a_place_without_a_name_gets_none() -> None:
    attendee = ann()
    put(Attendee, attendee.id, first_name=" ", last_name="")
    assert why_not(attendee) == "The name is missing." and "name to follow" in one(attendee).name


def test_a_course_may_give_no_certificates() -> None:
    assert why_not(ann(gives_certificate=False)) == "This course gives no certificate."


def test_what_is_owed_is_said_and_terms_let_it_pass() -> None:
    company = factories.make_company()
    attendee = certified.booked(certified.a_date(), "Ann Able", company_id=company.id)[0]
    put(Attendee, attendee.id, price_minor=7500)
    assert why_not(attendee) == "£75.00 of the booking are still to be paid."
    put(type(company), company.id, has_terms=True)
    assert why_not(attendee) is None


def test_a_refund_of_a_part_is_no_obstacle_and_one_of_everything_is() -> None:
    attendee = certified.booked(certified.a_date(), "Ann Able")[0]
    put(Attendee, attendee.id, price_minor=7500)
    payment = commit_once(lambda: payments.take(PaymentIn("cash", 7500, (attendee.booking_id,)), ADMIN))
    refunded(payment, attendee.booking_id, 2500)
    assert why_not(attendee) is None
    refunded(payment, attendee.booking_id, 5000)
    assert why_not(attendee) == "All that was paid for the booking was given back."


def refunded(payment: Payment, booking_id: UUID, amount: int) -> None:
    wanted = RefundIn(payment.id, amount, "Heating failed", booking_id=booking_id)
    refund = commit_once(lambda: refunds.request(wanted, ADMIN))
    commit_once(lambda: refunds.approve(refund.id, ADMIN))
    commit_once(lambda: refunds.execute(refund.id, "BACS 1", ADMIN))


def test_who_has_one_is_told_its_number() -> None:
    attendee = ann()
    commit_once(lambda: issuing.issue([attendee.id], ADMIN))
    assert why_not(attendee) == "Has certificate TST-C-2026-0001 already."


def test_one_statement_however_many_they_are() -> None:
    schedule = certified.a_date()
    ids = certified.many(schedule, 30)
    sent: list[str] = []
    note: Callable[..., None] = lambda *call: sent.append(call[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        found = eligibility.list_eligible(schedule_ids=[schedule.id])
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(found) == len(ids) and sum("attendees" in each for each in sent) == 1


def test_neither_dates_nor_people_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        eligibility.list_eligible()


def test_dates_that_ask_for_nobody_find_nobody(tenant: Tenant) -> None:
    assert eligibility.list_eligible(schedule_ids=[]) == eligibility.list_eligible(attendee_ids=[]) == []


def test_the_rows_are_of_what_they_say() -> None:
    attendee = ann()
    found = one(attendee)
    booking = db.session.get_one(Booking, attendee.booking_id)
    assert (found.schedule_id, found.reference) == (attendee.schedule_id, booking.reference)
    assert db.session.get_one(Schedule, found.schedule_id).course.title == "First Aid at Work"
    assert isinstance(db.session.get_one(Schedule, found.schedule_id).course, Course)
