"""The bookings screen: found, read, corrected, paid, moved and cancelled, by whom it may."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee, Message, Refund
from backoffice.services.bookings import AttendeeIn
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, carried_by, counted, get, inside, place, said
from tests.web_client import Visitor, signed_in

BOOKINGS = "/admin/bookings/"
STATEMENTS_MAXIMUM = 8
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


@pytest.fixture
def clerk(office: Visitor) -> Clerk:
    return Clerk(office, "bookings")


def make(app: Flask, provider: Provider, **values: object) -> UUID:
    with inside(app, provider):
        return place(**values)  # type: ignore[arg-type]


# --- The list ---


def test_the_list_says_who_what_when_and_what_is_due(app: Flask, provider: Provider, office: Visitor) -> None:
    with inside(app, provider):
        course = factories.make_course(title="First Aid at Work")
        venue = factories.make_venue(name="Guildhall", city="York")
        starts = datetime(2027, 3, 2, 9, tzinfo=UTC)
        place(factories.make_schedule(course=course, venue=venue, starts_at=starts), 2)
    text = said(office.get(BOOKINGS))
    for words in ("First Aid at Work", "York", "Tue 2 Mar 2027, 09:00", "Confirmed", "Unpaid", "£150.00"):
        assert words in text


def test_a_page_costs_the_same_statements_however_many_bookings_it_shows(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    with inside(app, provider):
        schedule = factories.make_schedule(venue=factories.make_venue(capacity=100), capacity=100).id
        place(schedule)
    with counted(app) as few:
        office.get(BOOKINGS)
    with inside(app, provider):
        for _ in range(27):
            place(schedule)
    with counted(app) as many:
        office.get(BOOKINGS)
    # A full page counts the rest, which a short one knows.
    assert len(many) <= STATEMENTS_MAXIMUM and len(many) - len(few) <= 1, many


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "pending"}, "held"),
        ({"payment": "paid"}, "cash"),
        ({"town": "York"}, "york"),
        ({"course": "COURSE"}, "york"),
        ({"from": "2027-06-01", "until": "2027-06-30"}, "york"),
        ({"names_missing": "yes"}, "nameless"),
        ({"unpaid": "yes", "status": "pending"}, "held"),
        ({"search": "york@works.example"}, "york"),
        ({"search": "Yorick"}, "york"),
        ({"search": "Minster Masons"}, "york"),
        ({"search": "07700 900777"}, "york"),
        ({"search": "REFERENCE"}, "york"),
    ],
)
def test_the_list_finds_what_is_asked_for(
    app: Flask, provider: Provider, office: Visitor, query: dict[str, str], found: str
) -> None:
    ids, course_id, reference = _four_bookings(app, provider)
    wanted = {
        key: value.replace("COURSE", course_id).replace("REFERENCE", reference)
        for key, value in query.items()
    }
    page = office.get(BOOKINGS, query_string=wanted).get_data(as_text=True)
    assert [name for name, row_id in ids.items() if f"details/?id={row_id}" in page] == [found]


def _four_bookings(app: Flask, provider: Provider) -> tuple[dict[str, UUID], str, str]:
    with inside(app, provider):
        course = factories.make_course()
        company = factories.make_company(name="Minster Masons", has_terms=True)
        venue = factories.make_venue(city="York")
        starts = datetime(2027, 6, 10, 9, tzinfo=UTC)
        yorick = CustomerIn(
            first_name="Yorick",
            last_name="Skull",
            email="york@works.example",
            phone="07700 900777",
            company_id=company.id,
        )
        date_in_york = factories.make_schedule(course=course, venue=venue, starts_at=starts)
        ids = {
            "held": place(method="bank_transfer"),
            "cash": place(method="cash"),
            "nameless": place(attendees=()),
            "york": place(date_in_york, customer=yorick),
        }
        return ids, str(course.id), get(ids["york"]).reference


@pytest.mark.parametrize(
    "query",
    [
        {"course": "x"},
        {"course": str(uuid4())},
        {"status": "'"},
        {"town": "x" * 5000},
        {"from": "2026-99-99"},
        {"names_missing": "perhaps"},
        {"search": "%_'\\"},
        {"sort": "contact_name"},
        {"page": "-1"},
    ],
)
def test_a_strange_wish_is_no_accident(office: Visitor, query: dict[str, str]) -> None:
    assert office.get(BOOKINGS, query_string=query).status_code == 200


def test_the_export_has_the_rows_of_the_list_and_no_formula(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    make(
        app,
        provider,
        customer=CustomerIn(first_name="=1+1", last_name="Cox", email="c@x.example"),
        method="cash",
    )
    answer = office.get(f"{BOOKINGS}export/csv/?status=confirmed")
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) == 2
    assert "'=1+1" in lines[1] and ",75.00," in lines[1]


# --- The page ---


def test_the_page_adds_up_and_tells_what_happened(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider, places=3)
    clerk.done(
        "take-payment", booking_id, {"amount": "100", "method": "bank_transfer", "payer_reference": "BACS 7"}
    )
    with inside(app, provider):
        first = get(booking_id).attendees[0].id
    clerk.done("cancel-places", booking_id, {"attendees": str(first), "reason": "ill"})
    text = said(clerk.open("details", booking_id))
    assert "2 places at £75.00 £150.00" in text
    assert "Total £150.00" in text and "Due £50.00" in text
    assert "BACS 7" in text and "Cancelled 1 place (Ann Other0): ill" in text
    assert "Took this booking of 3 places for £225.00" in text


def test_hostile_names_are_only_text(app: Flask, provider: Provider, clerk: Clerk) -> None:
    with inside(app, provider):
        company = factories.make_company(name=f"Co {HOSTILE}", has_terms=True)
        customer = CustomerIn(
            first_name=HOSTILE, last_name=HOSTILE, email="x@x.example", company_id=company.id
        )
        names = (AttendeeIn(HOSTILE, "{{7*7}}"), AttendeeIn("B", "C"))
        booking_id = place(places=2, customer=customer, attendees=names, notes=HOSTILE)
        first = get(booking_id).attendees[0].id
    clerk.done("cancel-places", booking_id, {"attendees": str(first), "reason": HOSTILE})
    verbs = ("details", "cancel", "move", "take-payment", "change-contact")
    pages = [clerk.visitor.get(BOOKINGS), *(clerk.open(verb, booking_id) for verb in verbs)]
    for page in pages:
        assert page.status_code == 200
        assert "<img src=x" not in page.get_data(as_text=True)
    assert "{{7*7}}" in said(pages[1])


def test_the_same_name_on_the_date_is_shown_with_the_other_booking(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    with inside(app, provider):
        schedule = factories.make_schedule()
        one, other = place(schedule), place(schedule)
        reference = get(other).reference
    assert f"Ann Other0 is already on this date: {reference}" in said(clerk.open("details", one))


def test_what_says_that_names_are_missing_leads_to_asking(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    nameless, named = make(app, provider, attendees=()), make(app, provider)
    page = clerk.open("details", nameless)
    assert "1 place has no name. The booker was not asked by mail yet. Ask for the names" in said(page)
    assert f"/admin/bookings/ask-names/?id={nameless}" in page.get_data(as_text=True)
    assert "not asked by mail" not in said(clerk.open("details", named))


@pytest.mark.parametrize("verb", ["details", "cancel", "move", "take-payment", "name-attendee", "join"])
def test_another_tenants_booking_is_not_there(
    app: Flask, provider: Provider, clerk: Clerk, verb: str
) -> None:
    with app.app_context():
        stranger = factories.make_provider()
    foreign = make(app, stranger)
    assert clerk.open(verb, foreign).status_code == 404
    assert clerk.send(verb, foreign, {"reason": "x", "title": "x"}).status_code in (404, 405)
    assert clerk.open(verb, "no-id").status_code == 404


# --- The verbs ---


def test_a_payment_is_offered_as_it_is_due_and_taken(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider, method="bank_transfer")
    page = clerk.open("take-payment", booking_id)
    assert 'value="£75.00"' in page.get_data(as_text=True)
    clerk.done("take-payment", booking_id, {"amount": "£75.00", "method": "bank_transfer"})
    with inside(app, provider):
        assert (get(booking_id).status, get(booking_id).payment_status) == ("confirmed", "paid")


def test_a_payment_sent_twice_is_taken_once(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider)
    form = carried_by(clerk.open("take-payment", booking_id)) | {"amount": "50", "method": "cash"}
    assert clerk.send("take-payment", booking_id, form).status_code == 302
    assert clerk.send("take-payment", booking_id, form).status_code == 409
    with inside(app, provider):
        assert get(booking_id).paid_minor == 5000


def test_a_payment_cannot_come_from_tomorrow(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider)
    tomorrow = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    answer = clerk.do("take-payment", booking_id, {"amount": "50", "method": "cash", "paid_on": tomorrow})
    assert answer.status_code == 422 and "future" in said(answer)


def test_a_move_says_the_prices_before_and_takes_the_new_one(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    with inside(app, provider):
        course = factories.make_course()
        booking_id = place(factories.make_schedule(course=course), 2, method="cash")
        dearer = factories.make_schedule(course=course, price_minor=9000)
        dearer_id = dearer.id
    text = said(clerk.open("move", booking_id))
    assert "£180.00 +£30.00" in text
    clerk.done("move", booking_id, {"schedule_id": str(dearer_id), "price": "new"})
    with inside(app, provider):
        booking = get(booking_id)
        assert (booking.schedule_id, booking.total_minor, booking.due_minor) == (dearer_id, 18000, 3000)


def test_a_move_at_the_old_price_needs_a_reason(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider)
    with inside(app, provider):
        dearer_id = factories.make_schedule(price_minor=9000).id
    wanted = {"schedule_id": str(dearer_id), "price": "keep"}
    answer = clerk.do("move", booking_id, wanted, course="any")
    assert answer.status_code == 422 and 'value="keep"' in answer.get_data(as_text=True)
    clerk.done("move", booking_id, wanted | {"reason": "our mistake"}, course="any")
    assert "Old price kept: our mistake" in said(clerk.open("details", booking_id))


def test_cancelling_says_what_it_means_for_the_money(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider, places=2, method="cash")
    text = said(clerk.open("cancel", booking_id))
    assert "2 places on this date will be free again" in text and "£150.00 was paid" in text
    clerk.done("cancel", booking_id, {"reason": "no budget"})
    with inside(app, provider):
        booking = get(booking_id)
        assert (booking.status, booking.cancellation_reason) == ("cancelled", "no budget")
        assert db.session.scalars(select(Message)).all() == []


def test_a_cancellation_tells_the_customer_when_it_shall(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    booking_id = make(app, provider)
    clerk.done("cancel", booking_id, {"reason": "ill", "send_mail": "y"})
    with inside(app, provider):
        assert [row.template for row in db.session.scalars(select(Message))] == ["booking_cancelled"]


def test_a_place_gets_its_name_on_a_page(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id = make(app, provider, attendees=())
    with inside(app, provider):
        place_id = get(booking_id).attendees[0].id
    who = {
        "first_name": "Femi",
        "last_name": "Okafor",
        "email": "Femi@X.example",
        "phone": "07700 900456",
        "birth_date": "1990-05-01",
        "requirements": "No stairs",
    }
    clerk.done("name-attendee", booking_id, who, attendee=str(place_id))
    with inside(app, provider):
        row = db.session.get_one(Attendee, place_id)
        assert (row.name, row.email, row.phone) == ("Femi Okafor", "femi@x.example", "+447700900456")
        assert (row.birth_date, row.requirements) == ("1990-05-01", "No stairs")


def test_an_attendee_of_another_booking_is_not_there(app: Flask, provider: Provider, clerk: Clerk) -> None:
    booking_id, other_id = make(app, provider), make(app, provider)
    with inside(app, provider):
        place_id = get(other_id).attendees[0].id
    assert clerk.open("name-attendee", booking_id, attendee=str(place_id)).status_code == 404


def test_a_hold_is_offered_until_tomorrow_and_kept_longer(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    booking_id = make(app, provider, method="bank_transfer")
    until = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT10:30")
    clerk.done("extend-hold", booking_id, {"until": until})
    with inside(app, provider):
        held = get(booking_id).hold_expires_at
        assert held is not None and held - datetime.now(UTC) > timedelta(days=4)


def test_a_refund_is_proposed_by_the_courses_rules_and_asked_for(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    with inside(app, provider):
        course = factories.make_course(refund_window_hours=24 * 30, refund_fee_bp=2500)
        booking_id = place(factories.make_schedule(course=course), method="cash")
        payment_id = get(booking_id).allocations[0].payment_id
    clerk.done("cancel", booking_id, {"reason": "ill"})
    text = said(clerk.open("request-refund", booking_id))
    assert "Proposed: £56.25" in text and "fee of 25 %" in text
    wanted = {"payment": str(payment_id), "amount": "56.25", "reason": "ill", "attendee": ""}
    clerk.done("request-refund", booking_id, wanted)
    with inside(app, provider):
        refund = db.session.scalars(select(Refund)).one()
        assert (refund.amount_minor, refund.status) == (5625, "requested")


def test_who_did_not_come_is_marked_once_it_has_begun(app: Flask, provider: Provider, clerk: Clerk) -> None:
    with inside(app, provider):
        begun = factories.make_schedule(starts_at=datetime.now(UTC) - timedelta(hours=1)).id
        away, there = place(begun, role="admin"), place(begun, role="admin")
    ahead = make(app, provider)
    clerk.done("mark-no-show", away)
    assert clerk.do("mark-no-show", ahead).status_code == 409
    page = clerk.visitor.post(f"{BOOKINGS}mark-completed/", {"id": [str(away), str(there)]})
    assert page.status_code == 302
    # The register has nobody of the first one by now: it is corrected there.
    assert "nobody of it came: correct the register" in said(clerk.do("mark-completed", away))
    with inside(app, provider):
        assert [get(each).status for each in (away, there, ahead)] == ["no_show", "completed", "confirmed"]


def test_bookings_are_joined_as_a_group_from_the_list(app: Flask, provider: Provider, clerk: Clerk) -> None:
    ids = [make(app, provider), make(app, provider)]
    page = clerk.visitor.get(f"{BOOKINGS}join/", query_string={"id": [str(each) for each in ids]})
    assert "2 bookings" in said(page)
    answer = clerk.visitor.post(f"{BOOKINGS}join/", {"id": [str(each) for each in ids], "title": "Spring"})
    assert answer.status_code == 302
    with inside(app, provider):
        assert len({get(each).booking_group_id for each in ids}) == 1


# --- Two clerks ---


def test_the_second_of_two_clerks_is_told_what_the_first_did(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    booking_id = make(app, provider)
    opened = carried_by(clerk.open("change-contact", booking_id))
    clerk.done("change-contact", booking_id, {"contact_first_name": "First", "notes": "first clerk"})
    answer = clerk.send(
        "change-contact", booking_id, opened | {"contact_first_name": "Second", "notes": "mine"}
    )
    text = said(answer)
    assert answer.status_code == 409
    assert "While this page was open" in text and "Ann Other" in text
    assert "corrected the booking (notes, " in text
    assert ">mine</textarea>" in answer.get_data(as_text=True).replace("\n", "").replace("\r", "")
    assert "first clerk" in text
    again = carried_by(answer) | {"contact_first_name": "Second", "notes": "mine"}
    assert clerk.send("change-contact", booking_id, again).status_code == 302
    with inside(app, provider):
        assert get(booking_id).notes == "mine"


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("cancel", {"reason": "ill"}),
        ("take-payment", {"amount": "75", "method": "cash"}),
        ("change-contact", {"notes": "x"}),
    ],
)
def test_a_form_without_its_version_changes_nothing(
    app: Flask, provider: Provider, clerk: Clerk, verb: str, data: dict[str, str]
) -> None:
    booking_id = make(app, provider)
    assert clerk.send(verb, booking_id, data).status_code == 409
    with inside(app, provider):
        booking = get(booking_id)
        assert (booking.status, booking.paid_minor, booking.notes) == ("confirmed", 0, None)


def test_who_opened_a_payment_before_another_was_taken_is_told(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    booking_id = make(app, provider)
    opened = carried_by(clerk.open("take-payment", booking_id))
    clerk.done("take-payment", booking_id, {"amount": "40", "method": "cash"})
    answer = clerk.send("take-payment", booking_id, opened | {"amount": "75", "method": "cash"})
    assert answer.status_code == 409 and "£35.00 of £75.00 is due" in said(answer)


# --- Rights ---


@pytest.mark.parametrize("verb", ["cancel", "move", "take-payment", "change-contact", "request-refund"])
def test_a_manager_reads_and_changes_nothing(app: Flask, provider: Provider, verb: str) -> None:
    booking_id = make(app, provider, method="cash")
    manager = Clerk(signed_in(app, provider, "manager"), "bookings")
    assert manager.open("details", booking_id).status_code == 200
    assert manager.open(verb, booking_id).status_code == 403
    assert manager.send(verb, booking_id, {"reason": "x"}).status_code == 403
