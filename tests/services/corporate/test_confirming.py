"""Confirming makes the private date and its booking in one act, or nothing at all; the request follows its date."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError, Forbidden, Invalid, NotFound, Refused
from backoffice.models import (
    Attendee,
    Booking,
    Company,
    CorporateRequest,
    Message,
    PaymentLink,
    Schedule,
    Tenant,
)
from backoffice.services import bookings, called_off, dates_on_sale, letters, registers, schedules
from backoffice.services.bookings import Order
from backoffice.services.bookings import choices as other_dates
from backoffice.services.called_off import CallOff
from backoffice.services.corporate import answering, confirming, deciding, link
from backoffice.services.corporate.confirming import ConfirmIn
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.services.reminders import names_link
from tests import factories
from tests.services.booked import ADMIN, ALICE, OFFICE, done, entries, placed, seats_taken
from tests.services.corporate.world import VISITOR, fresh, submitted

pytestmark = pytest.mark.usefixtures("tenant", "sums_hold")
DAY = (datetime.now(UTC) + timedelta(days=30)).date()


def plan(**changes: Any) -> ConfirmIn:
    """What the clerk fills in: eight people for 620.00, on account."""
    values: dict[str, Any] = {
        "days": [(DAY, time(9), time(15))],
        "instructor_ids": [],
        "places": 8,
        "price_minor": 62_000,
        "method": "account",
    } | changes
    if "course_id" not in values:
        values["course_id"] = factories.make_course().id
    if "venue_id" not in values:
        values["venue_id"] = factories.make_venue().id
    return ConfirmIn(**values)


def company(**values: Any) -> Company:
    return factories.make_company(**{"name": "ACME ltd", "has_terms": True} | values)


def confirmed(request: CorporateRequest | None = None, **changes: Any) -> CorporateRequest:
    request_id = (request or submitted()).id
    wanted = plan(**changes)
    done(lambda: confirming.confirm(request_id, wanted, ADMIN))
    return fresh(request_id)


def refusal(request: CorporateRequest, **changes: Any) -> DomainError:
    """Why it was refused; nothing of it is left."""
    request_id, wanted = request.id, plan(**changes)
    with pytest.raises(DomainError) as refused:
        done(lambda: confirming.confirm(request_id, wanted, ADMIN))
    db.session.rollback()
    assert nothing_made() and fresh(request_id).booking_id is None
    return refused.value


def nothing_made() -> bool:
    counts = [
        db.session.scalar(select(func.count()).select_from(model))
        for model in (Schedule, Booking, PaymentLink)
    ]
    return counts == [0, 0, 0]


# --- The one act ---


def test_an_account_pays_a_firm_booking_of_a_private_date() -> None:
    known, teacher = company(), factories.make_instructor()
    request = confirmed(instructor_ids=[teacher.id])
    schedule, booking = request.schedule, request.booking
    assert request.status == "confirmed"
    assert (schedule.status, schedule.is_private, schedule.capacity) == ("published", True, 8)
    assert schedule.starts_at.date() == DAY
    assert (booking.status, booking.seats, booking.unnamed_places) == ("confirmed", 8, 8)
    assert (booking.total_minor, booking.payment_method, booking.company_id) == (62_000, "account", known.id)
    assert (booking.contact_name, booking.contact_email) == ("Jo Bloggs", "jo@acme.example")
    assert request.assigned_instructor_id == teacher.id
    assert seats_taken(schedule.id) == 8
    assert [each.subject_id for each in entries("corporate_request:confirm")] == [request.id]


def test_the_confirmation_carries_the_link_for_the_names() -> None:
    company()
    request = confirmed()
    message = db.session.scalars(select(Message).where(Message.template == "booking_confirmed")).one()
    written = letters.write(message.id)
    assert written is not None
    assert message.recipient == "jo@acme.example"
    assert names_link.url_of(request.booking) in written.letter.text


def test_a_payment_link_holds_the_places_until_it_is_paid() -> None:
    factories.make_gateway_account()
    db.session.commit()
    request = confirmed(method="payment_link", pay_by=DAY - timedelta(days=3))
    booking = request.booking
    assert (booking.status, booking.payment_method) == ("pending", "payment_link")
    assert booking.hold_expires_at.date() == DAY - timedelta(days=3)
    assert db.session.scalars(select(PaymentLink.booking_id)).all() == [booking.id]
    assert db.session.scalars(select(Company.name)).all() == ["Acme Ltd"]  # made by its name, without terms


@pytest.mark.parametrize("price_minor", [0, 1, 9_999, 62_000, 100_001])
def test_the_agreed_price_is_the_sum_of_the_places_to_the_penny(price_minor: int) -> None:
    company()
    factories.make_rule(minimum_places=5)  # a group discount would make it cheaper: what was agreed counts
    request = confirmed(places=7, price_minor=price_minor)
    shares = db.session.scalars(select(Attendee.price_minor)).all()
    assert len(shares) == 7 and sum(shares) == request.booking.total_minor == price_minor
    assert max(shares) - min(shares) <= 1


def test_an_agreed_price_is_for_whom_the_rules_allow_it() -> None:
    """The control: without its right nobody books at a price of their own."""
    order = Order(factories.make_schedule().id, 2, ALICE, "bank_transfer", agreed_minor=1)
    for actor in (OFFICE, VISITOR):
        with pytest.raises(DomainError):
            done(lambda: bookings.place(order, actor))  # noqa: B023 - called at once
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0


# --- All or nothing ---


def test_a_room_that_is_taken_leaves_nothing_behind() -> None:
    company()
    venue, course = factories.make_venue(), factories.make_course()
    confirmed(venue_id=venue.id, course_id=course.id)
    second = submitted()
    wanted = plan(venue_id=venue.id, course_id=course.id)
    with pytest.raises(Refused) as refused:
        done(lambda: confirming.confirm(second.id, wanted, ADMIN))
    assert refused.value.code == "venue_busy"
    assert fresh(second.id).status == "pending"
    assert db.session.scalar(select(func.count()).select_from(Schedule)) == 1
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1


def test_a_company_without_terms_does_not_pay_on_account() -> None:
    error = refusal(submitted())
    assert error.code == "no_terms"


def test_a_purchase_order_is_asked_for_where_it_is_needed() -> None:
    company(needs_purchase_order=True)
    error = refusal(submitted())
    assert error.code == "purchase_order"
    assert confirmed(purchase_order="PO-77").booking.purchase_order == "PO-77"


def test_a_link_without_a_gateway_is_refused() -> None:
    assert refusal(submitted(), method="payment_link").code == "no_account"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"places": 0}, "places"),
        ({"places": 201}, "places"),
        ({"places": 8, "capacity": 7}, "capacity"),
        ({"places": 30}, "capacity"),
        ({"places": 13}, "capacity"),
        ({"price_minor": -5}, "price_minor"),
        ({"price_minor": 10**12}, "price_minor"),
        ({"method": "cash"}, "method"),
        ({"days": []}, "days"),
        ({"days": [(DAY, time(15), time(9))]}, "days"),
        ({"days": [(DAY - timedelta(days=400), time(9), time(15))]}, "days"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_beside_its_field(changes: dict[str, Any], field: str) -> None:
    company()
    if changes.get("places") == 13:
        changes = changes | {"venue_id": factories.make_venue(capacity=40).id}
    error = refusal(submitted(), **changes)
    assert isinstance(error, Invalid) and set(error.fields) == {field}


def test_a_day_to_pay_by_has_not_passed() -> None:
    factories.make_gateway_account()
    db.session.commit()
    error = refusal(submitted(), method="payment_link", pay_by=DAY - timedelta(days=400))
    assert error.field == "pay_by"


def test_what_the_company_accepted_is_what_it_pays() -> None:
    company()
    request = submitted()
    done(lambda: deciding.quote(request.id, QuoteIn(62_000, 8), OFFICE))
    done(lambda: answering.answer(request.id, "accepted", 1, VISITOR))
    assert refusal(fresh(request.id), price_minor=70_000).code == "agreed"
    assert confirmed(fresh(request.id)).booking.total_minor == 62_000


def test_a_request_is_confirmed_once() -> None:
    company()
    request = confirmed()
    wanted = plan()
    with pytest.raises(Refused):
        done(lambda: confirming.confirm(request.id, wanted, ADMIN))
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 1


def test_the_office_plans_no_dates() -> None:
    request, wanted = submitted(), plan()
    with pytest.raises(Forbidden):
        done(lambda: confirming.confirm(request.id, wanted, OFFICE))
    assert nothing_made()


def test_a_course_for_listed_addresses_is_no_bar_to_a_date_of_ones_own() -> None:
    company()
    course = factories.make_course(has_whitelist=True)
    assert confirmed(course_id=course.id).booking.override_reason == confirming.WHITELIST


# --- The request follows its date ---


def test_a_completed_date_completes_its_request_and_reopening_takes_it_back() -> None:
    company()
    request = confirmed()
    schedule_id = request.schedule_id
    assert schedule_id is not None
    done(lambda: move_to_the_past(schedule_id))
    done(lambda: registers.complete(schedule_id, ADMIN, unmarked="absent"))
    assert fresh(request.id).status == "completed"
    done(lambda: schedules.reopen(schedule_id, ADMIN))
    assert fresh(request.id).status == "confirmed"


def move_to_the_past(schedule_id: UUID) -> None:
    schedule = db.session.get_one(Schedule, schedule_id)
    long_ago = timedelta(days=60)
    for row in (schedule, *schedule.days):
        row.starts_at, row.ends_at = row.starts_at - long_ago, row.ends_at - long_ago


def test_a_date_that_is_called_off_opens_its_request_again() -> None:
    company()
    request = confirmed()
    schedule_id = request.schedule_id
    assert schedule_id is not None
    why = CallOff("The instructor is ill.", datetime.now(UTC) + timedelta(days=7))
    done(lambda: called_off.call_off(schedule_id, why, ADMIN))
    again = fresh(request.id)
    assert (again.status, again.schedule_id, again.booking_id) == ("reviewing", None, None)
    assert confirmed(again).status == "confirmed"  # and it can be made anew


def test_another_date_moves_no_request() -> None:
    """The control: only a private date has a request that follows."""
    company()
    request = confirmed()
    other = factories.make_schedule()
    done(lambda: schedules.cancel(other.id, "Nobody comes.", ADMIN))
    assert fresh(request.id).status == "confirmed"


def test_a_request_whose_booking_is_off_is_opened_by_hand() -> None:
    company()
    request = confirmed()
    booking_id = request.booking_id
    assert booking_id is not None
    with pytest.raises(Refused):
        done(lambda: deciding.reopen(request.id, OFFICE))
    done(lambda: bookings.cancel(booking_id, "They changed their mind.", ADMIN))
    done(lambda: deciding.reopen(request.id, OFFICE))
    assert fresh(request.id).status == "reviewing"


# --- Nobody else sees the date ---


def test_a_private_date_is_on_no_list_that_others_choose_from(tenant: Tenant) -> None:
    company()
    course = factories.make_course()
    request = confirmed(course_id=course.id, capacity=10)  # two places are free
    open_date = factories.make_schedule(course=course)
    listed = {date.id for date in dates_on_sale.list_dates(dates_on_sale.Wanted(), tenant)}
    assert listed == {open_date.id}
    booking = placed()
    offered = other_dates.list_dates(booking, tenant, course_id=None, from_instant=datetime.now(UTC))
    assert request.schedule_id not in {choice.date.id for choice in offered}


def test_a_visitor_who_knows_the_id_books_nothing() -> None:
    company()
    request = confirmed(capacity=10)
    assert request.schedule_id is not None
    order = Order(request.schedule_id, 1, ALICE, "payment_link", source="web")
    with pytest.raises(NotFound):
        done(lambda: bookings.place(order, Actor("customer", name="Visitor")))
    assert seats_taken(request.schedule_id) == 8
    # The control: the office may add a place.
    assert placed(request.schedule, method="bank_transfer").status == "pending"


# --- The link ---


def test_a_link_opens_its_request_alone() -> None:
    request, other = submitted(), submitted(email="eve@x.example")
    token = link.token_of(request)
    found = link.find(token)
    assert found is not None and found.id == request.id
    last = "B" if token.endswith("A") else "A"
    for wrong in (
        link.token_of(other)[:22] + token[22:],
        token[:22] + link.token_of(other)[22:],
        token[:-1] + last,
        token + "A",
        "",
        "x" * 44,
        "é" * 44,
    ):
        assert link.find(wrong) is None


def test_a_new_address_ends_the_old_link() -> None:
    request = submitted()
    token = link.token_of(request)
    request.email = "new@acme.example"
    db.session.commit()
    assert link.find(token) is None


def test_in_two_steps_a_refused_booking_would_leave_its_date_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of all or nothing: committed in between, a date without a booking stays on the books."""
    whole = schedules.plan

    def plan_and_commit(wanted: Any, actor: Actor) -> Schedule:
        made = whole(wanted, actor)
        db.session.commit()
        return made

    monkeypatch.setattr(confirming.schedules, "plan", plan_and_commit)
    request, wanted = submitted(), plan()
    with pytest.raises(Refused):
        done(lambda: confirming.confirm(request.id, wanted, ADMIN))
    assert not nothing_made()
