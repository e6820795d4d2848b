"""Taking a booking: `bookings.place` is the one way in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, select

from backoffice.database import db
from backoffice.domain.errors import DomainError, Forbidden, Invalid, NotFound, Refused
from backoffice.models import (
    Attendee,
    AuditEvent,
    Booking,
    Message,
    Payment,
    Schedule,
    Tenant,
    User,
    WhitelistEntry,
)
from backoffice.services import bookings
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories

ALICE = CustomerIn(first_name="Alice", last_name="Cox", email="Alice.Cox@Example.com", phone="07700 900311")

TODAY = datetime.now(UTC).date()
OUTSIDE = {
    "expired": {"valid_from": TODAY - timedelta(days=9), "valid_until": TODAY - timedelta(days=2)},
    "not yet": {"valid_from": TODAY + timedelta(days=2)},
    "switched off": {"is_active": False},
    "below the minimum": {"minimum_minor": 7501},
}


def order(schedule: Schedule, places: int = 1, method: str = "bank_transfer", **more: object) -> Order:
    values: dict[str, Any] = {
        "schedule_id": schedule.id,
        "places": places,
        "customer": ALICE,
        "payment_method": method,
    }
    return Order(**values | more)


def place(wanted: Order, role: str = "office") -> Booking:
    placed = commit_once(lambda: bookings.place(wanted, factories.actor(role)))
    return db.session.get_one(Booking, placed.booking_id)


def test_a_bank_transfer_is_held_for_three_days(tenant: Tenant) -> None:
    booking = place(order(factories.make_schedule(), 2))
    assert (booking.status, booking.payment_status, booking.seats) == ("pending", "unpaid", 2)
    assert booking.reference == f"TST-{datetime.now(UTC).year}-0001"
    assert booking.hold_expires_at is not None
    assert timedelta(days=2, hours=23) < booking.hold_expires_at - datetime.now(UTC) <= timedelta(days=3)


def test_cash_confirms_and_is_in_the_ledger(tenant: Tenant) -> None:
    booking = place(order(factories.make_schedule(), 2, "cash"))
    assert (booking.status, booking.payment_status) == ("confirmed", "paid")
    assert (booking.total_minor, booking.paid_minor, booking.due_minor) == (15000, 15000, 0)
    payment = db.session.scalars(select(Payment)).one()
    assert (payment.amount_minor, payment.allocated_minor, payment.method) == (15000, 15000, "cash")


def test_a_hold_never_goes_past_the_start(tenant: Tenant) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    booking = place(order(factories.make_schedule(starts_at=soon)))
    assert booking.hold_expires_at == soon
    with pytest.raises(Invalid) as refused:
        place(order(factories.make_schedule(starts_at=soon), hold_until=soon + timedelta(minutes=1)))
    assert refused.value.field == "hold_until"


def test_the_places_are_taken_at_the_commit(tenant: Tenant) -> None:
    schedule = factories.make_schedule(capacity=4)
    place(order(schedule, 3))
    db.session.refresh(schedule)
    assert schedule.seats_taken == 3
    with pytest.raises(Refused, match="Only 1 place left"):
        place(order(schedule, 2))
    place(order(schedule, 1))
    with pytest.raises(Refused, match="fully booked"):
        place(order(schedule, 1))


def test_the_same_address_in_any_case_is_the_same_customer(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    known = factories.make_user(email="alice.cox@example.com", first_name="Alice", last_name="Cox")
    other_name = CustomerIn(first_name="Bob", last_name="Lee", email="ALICE.COX@example.com")
    booking = place(order(schedule, customer=other_name))
    assert booking.customer_id == known.id
    assert booking.contact_name == "Bob Lee"
    db.session.refresh(known)
    assert known.name == "Alice Cox"


def test_a_caller_without_an_address_is_taken_and_gets_no_mail(tenant: Tenant) -> None:
    caller = CustomerIn(first_name="No", last_name="Mail", phone="07700 900001")
    first = place(order(factories.make_schedule(), customer=caller))
    again = place(order(factories.make_schedule(), customer=caller))
    assert first.contact_email is None and first.customer_id == again.customer_id
    assert db.session.scalars(select(Message)).all() == []


def test_the_mail_says_how_the_booking_stands(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    place(order(schedule))
    place(order(schedule, 1, "card_terminal"))
    place(order(schedule, 1, "cash", send_mail=False))
    templates = db.session.scalars(select(Message.template).order_by(Message.id)).all()
    assert templates == ["booking_received", "booking_confirmed"]


def test_names_may_come_later_and_the_caller_may_attend(tenant: Tenant) -> None:
    booking = place(order(factories.make_schedule(), 3, attendees=(AttendeeIn(is_customer=True),)))
    first, second, third = booking.attendees
    assert (first.name, first.user_id) == ("Alice Cox", booking.customer_id)
    assert str(second) == "Place 2, name to follow" and third.user_id is None


def test_a_proved_person_gets_one_place_on_a_date(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    me = (AttendeeIn(is_customer=True),)
    first = place(order(schedule, attendees=me))
    with pytest.raises(Refused, match="already has a place"):
        place(order(schedule, attendees=me))
    commit_once(lambda: bookings.cancel(first.id, "changed plans", factories.actor("office")))
    assert place(order(schedule, attendees=me)).seats == 1


def test_two_people_of_one_name_are_only_warned_about(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    sam = (AttendeeIn(first_name="Sam", last_name="Hughes"),)
    first = place(order(schedule, attendees=sam))
    warnings = bookings.same_people(schedule.id, None, [("sam", "HUGHES")])
    assert [(found.id, words) for found, words in warnings] == [
        (first.id, "Sam Hughes is already on this date")
    ]
    assert place(order(schedule, attendees=sam)).seats == 1


def test_account_terms_need_a_company_that_has_them(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    company = factories.make_company(name="Lee & Sons", has_terms=True, needs_purchase_order=True)
    named = CustomerIn(first_name="Al", last_name="Lee", email="al@lee.example", company_name="lee & sons")
    with pytest.raises(Invalid) as refused:
        place(order(schedule, 1, "account", customer=named))
    assert refused.value.field == "purchase_order"
    booking = place(order(schedule, 1, "account", customer=named, purchase_order="PO-7"))
    assert (booking.company_id, booking.status, booking.payment_status) == (company.id, "confirmed", "unpaid")
    unknown = CustomerIn(first_name="Al", last_name="Lee", email="al@new.example", company_name="New Ltd")
    with pytest.raises(Refused, match="has no account terms"):
        place(order(schedule, 1, "account", customer=unknown))


def test_only_open_dates_are_sold(tenant: Tenant) -> None:
    draft = factories.make_schedule(status="draft")
    with pytest.raises(Refused, match="not open"):
        place(order(draft))
    begun = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(Refused, match="has started"):
        place(order(begun, 1, "cash"))
    assert place(order(begun, 1, "cash"), "admin").status == "confirmed"
    over = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises(Refused, match="is over"):
        place(order(over, 1, "cash"), "admin")


def test_a_whitelisted_course_takes_listed_addresses(tenant: Tenant) -> None:
    course = factories.make_course(has_whitelist=True)
    factories.add(WhitelistEntry(course_id=course.id, pattern="@lee.example"))
    schedule = factories.make_schedule(course=course)
    with pytest.raises(Refused, match="not listed"):
        place(order(schedule))
    with pytest.raises(Refused):
        place(order(schedule, override_reason="the boss said so"))
    assert place(order(schedule, override_reason="the boss said so"), "admin").override_reason
    assert place(order(schedule, customer=CustomerIn(last_name="Lee", email="al@LEE.example"))).seats == 1


def test_who_is_too_young_is_refused(tenant: Tenant) -> None:
    schedule = factories.make_schedule(course=factories.make_course(minimum_age=16))
    child = AttendeeIn("Kid", "Cox", birth_date=date(datetime.now(UTC).year - 10, 1, 1))
    with pytest.raises(Invalid, match="younger than 16") as refused:
        place(order(schedule, attendees=(child,)))
    assert refused.value.field == "attendees.0.birth_date"  # numbered as the desk does


def test_account_terms_need_a_company_that_exists(tenant: Tenant) -> None:
    stranger = CustomerIn(factories.make_user().id, company_id=uuid4())
    with pytest.raises(Invalid) as refused:
        place(order(factories.make_schedule(), method="account", customer=stranger))
    assert refused.value.field == "company"


def test_what_is_wrong_with_an_attendee_names_the_attendee(tenant: Tenant) -> None:
    people = (AttendeeIn("Ann", "Cox"), AttendeeIn("Ben", "Cox", email="no address"))
    with pytest.raises(Invalid) as refused:
        place(order(factories.make_schedule(), places=2, attendees=people))
    assert list(refused.value.fields) == ["attendees.1.email"]


def test_a_known_customer_is_read_once(tenant: Tenant) -> None:
    """Placing is the hot path: a statement there is a round trip of every booking."""
    caller, seen = factories.make_user(first_name="Ann", last_name="Cox", email="ann@x.example"), list[str]()
    one = order(factories.make_schedule(), customer=CustomerIn(user_id=caller.id))

    def note(*call: Any) -> None:
        seen.append(call[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        booking = place(one)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert (booking.contact_name, booking.contact_email) == ("Ann Cox", "ann@x.example")
    assert len([statement for statement in seen if "FROM users" in statement]) == 1


def test_birth_dates_and_requirements_are_not_readable_in_the_database(tenant: Tenant) -> None:
    grown = AttendeeIn("Gro", "Wn", birth_date=date(1980, 2, 3), requirements="Nut allergy")
    booking = place(order(factories.make_schedule(), attendees=(grown,), special_requirements="Step-free"))
    attendee = booking.attendees[0]
    assert (attendee.birth_date, attendee.requirements) == ("1980-02-03", "Nut allergy")
    assert booking.special_requirements == "Step-free"
    assert "1980" not in attendee.birth_date_sealed and "Nut" not in attendee.requirements_sealed


def test_a_repeated_key_returns_the_first_booking(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    first = bookings.place(order(schedule, idempotency_key="form-1"), factories.actor("office"))
    db.session.commit()
    again = bookings.place(order(schedule, idempotency_key="form-1"), factories.actor("office"))
    db.session.commit()
    assert again.is_repeat and again.reference == first.reference
    assert len(db.session.scalars(select(Booking)).all()) == 1


@pytest.mark.parametrize("terms", OUTSIDE.values(), ids=OUTSIDE)
def test_a_code_outside_its_terms_books_nothing_and_is_not_used(tenant: Tenant, terms: dict) -> None:
    """Abuse case D2."""
    code = factories.make_code(code="SPRING", **terms)
    with pytest.raises(DomainError) as refused:
        place(order(factories.make_schedule(), discount_code="SPRING"))
    assert refused.value.field == "discount_code"
    assert db.session.scalars(select(Booking)).all() == []
    db.session.refresh(code)
    assert code.times_used == 0


def test_a_code_within_its_terms_is_used_once(tenant: Tenant) -> None:
    """The control of the test above."""
    code = factories.make_code(code="SPRING", minimum_minor=7500)
    place(order(factories.make_schedule(), discount_code="SPRING"))
    db.session.refresh(code)
    assert code.times_used == 1


def test_a_card_number_is_refused_wherever_it_is_typed(tenant: Tenant) -> None:
    texts = ("notes", "special_requirements", "payer_reference", "purchase_order", "override_reason")
    for field in texts:
        with pytest.raises(Invalid, match="looks like a card number"):
            place(order(factories.make_schedule(), 1, "cash", **{field: "4242 4242 4242 4242"}))
    for field in ("first_name", "last_name", "company_name"):
        caller = {"last_name": "Smith", field: "4242-4242-4242-4242"}
        with pytest.raises(Invalid, match="looks like a card number"):
            place(order(factories.make_schedule(), 1, "cash", customer=CustomerIn(**caller)))  # type: ignore[arg-type]
    attendee = AttendeeIn(first_name="4242424242424242")
    with pytest.raises(Invalid, match="looks like a card number"):
        place(order(factories.make_schedule(), 1, "cash", attendees=(attendee,)))


def test_rights_are_asked(tenant: Tenant) -> None:
    with pytest.raises(Forbidden):
        place(order(factories.make_schedule()), "manager")


def test_an_unknown_date_is_not_found(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    with pytest.raises(NotFound):
        place(order(schedule, schedule_id=factories.new_id()))


def test_another_tenants_date_is_not_found(app: Flask, tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    wanted = order(schedule)
    db.session.remove()
    other = factories.make_provider()
    with tenant_scope(other.id), pytest.raises(NotFound):
        bookings.place(wanted, factories.actor("office"))
    db.session.rollback()
    db.session.remove()


def test_one_entry_tells_of_the_booking(tenant: Tenant) -> None:
    booking = place(order(factories.make_schedule(), 2))
    entries = db.session.scalars(select(AuditEvent).where(AuditEvent.subject_type == "bookings")).all()
    assert [(entry.action, entry.subject_id) for entry in entries] == [("booking:place", booking.id)]
    assert entries[0].new_values["total_minor"] == 15000


def test_nothing_is_half_saved_when_the_commit_is_refused(tenant: Tenant) -> None:
    schedule = factories.make_schedule(capacity=1)
    first = bookings.place(order(schedule), factories.actor("office"))
    db.session.commit()
    assert first.reference
    before = len(db.session.scalars(select(User)).all())
    stranger = CustomerIn(first_name="New", last_name="Caller", email="new@caller.example")
    with pytest.raises(Refused):
        place(order(schedule, customer=stranger))
    assert len(db.session.scalars(select(User)).all()) == before
    assert len(db.session.scalars(select(Attendee)).all()) == 1


def test_a_date_that_went_back_to_draft_takes_no_place(tenant: Tenant) -> None:
    schedule = factories.make_schedule()
    bookings.place(order(schedule), factories.actor("office"))
    schedule.status = "draft"  # taken off sale while the booking is on its way
    with pytest.raises(Refused, match="closed for booking"):
        commit_once(lambda: None)
