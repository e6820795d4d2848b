"""Payments with receipts, certificates, one's own calendar: only one's own, whoever asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, Payment, Tenant
from backoffice.services.certificates import issuing
from backoffice.work import commit_once
from tests import certified, factories
from tests.factories import Provider
from tests.services.booked import person
from tests.views.public.my.helpers import House, path_in, words
from tests.web_client import Visitor, make_login, signed_in

JANE, EVE = "jane@x.example", "eve@x.example"


@pytest.fixture
def house(app: Flask, provider: Provider) -> House:
    return House(app, provider)


def payment_id(house: House, booking_id: UUID) -> UUID:
    with house.inside():
        found: UUID = house.booking(booking_id).allocations[0].payment_id
    return found


# --- Payments ---


def test_a_receipt_says_what_was_paid_for_what(house: House) -> None:
    with house.inside():
        db.session.get_one(Tenant, house.provider.id).address = "1 High Street"
    booking_id = house.book(JANE, 2)
    jane = house.signed_in(JANE)
    assert "£150.00" in words(jane.get("/my/payments"))
    page = words(jane.get(f"/my/payments/{payment_id(house, booking_id)}"))
    with house.inside():
        booking = house.booking(booking_id)
        reference = booking.allocations[0].payment.reference
        expected = ("£150.00", booking.reference, reference, "Jane Doe", "1 High Street", "in cash")
    for said in expected:
        assert said in page, said


def test_somebody_elses_receipt_is_nobodys(house: House, app: Flask) -> None:
    theirs = payment_id(house, house.book(JANE))
    house.book(EVE)
    eve, admin = house.signed_in(EVE), signed_in(app, house.provider, "admin")
    assert eve.get(f"/my/payments/{theirs}").status_code == 404
    assert admin.get(f"/my/payments/{theirs}").status_code == 404
    assert str(theirs) not in eve.get("/my/payments").text


def test_a_link_shows_the_receipt_of_its_booking_alone(house: House, app: Flask) -> None:
    mine, other = house.book(JANE), house.book(JANE)
    stranger = Visitor(app, house.provider.host)
    path = house.link_of(mine) + "/receipt"
    assert stranger.get(f"{path}/{payment_id(house, mine)}").status_code == 200
    assert stranger.get(f"{path}/{payment_id(house, other)}").status_code == 404
    assert stranger.get(f"/my/payments/{payment_id(house, mine)}").status_code == 302


def test_an_attempt_that_failed_is_no_payment(house: House) -> None:
    house.book(JANE)
    with house.inside():
        done = db.session.scalars(select(Payment)).one()
        failed = Payment(
            reference="TST-P-9", customer_id=done.customer_id, method="stripe", amount_minor=9900,
            currency="GBP", status="failed",
        )  # fmt: skip
        db.session.add(failed)
        db.session.flush()
        failed_id = failed.id
    jane = house.signed_in(JANE)
    assert "TST-P-9" not in jane.get("/my/payments").text
    assert jane.get(f"/my/payments/{failed_id}").status_code == 404


@pytest.mark.parametrize("page", ["/my/", "/my/payments", "/my/certificates", "/my/calendar"])
def test_where_nothing_is_yet_the_page_says_what_will_be(house: House, page: str) -> None:
    house.customer(JANE)
    answer = house.signed_in(JANE).get(page)
    assert answer.status_code == 200
    assert "appears here" in answer.text or "appear here" in answer.text or "Make the address" in answer.text


# --- Certificates ---


def paper(house: House, name: str, **values: Any) -> tuple[UUID, UUID]:
    """A certificate that is made, and its booking; `email` is the attendee's."""
    with house.inside():
        email = values.pop("email", None)
        [attendee] = certified.booked(certified.a_date(), name, **values)
        attendee.email = email
        commit_once(lambda: issuing.issue([attendee.id], certified.ADMIN))
        [made] = certified.certificates_of(attendee)
        made.making = "made"
        found: tuple[UUID, UUID] = made.id, attendee.booking_id
    return found


def test_a_certificate_opens_to_who_booked_it_and_to_whom_it_names(house: House) -> None:
    jane, _, _ = (house.customer(email) for email in (JANE, EVE, "ada@x.example"))
    certificate_id, _ = paper(house, "Ada Byron", customer_id=jane, email="ada@x.example")
    page = f"/my/certificates/{certificate_id}"
    for email in (JANE, "ada@x.example"):
        visitor = house.signed_in(email)
        assert "Ada Byron" in words(visitor.get("/my/certificates")), email
        assert visitor.get(page).location.startswith("/certificate/"), email
    eve = house.signed_in(EVE)
    assert "Ada Byron" not in words(eve.get("/my/certificates"))
    assert eve.get(page).status_code == 404


def test_an_address_that_is_not_proved_opens_no_certificate(house: House, app: Flask) -> None:
    """A password says who somebody is here, not that the address is theirs."""
    certificate_id, _ = paper(house, "Ada Byron", email=EVE)
    make_login(app, house.provider, "customer", email=EVE)
    eve = Visitor(app, house.provider.host)
    eve.sign_in(EVE)
    assert eve.get(f"/my/certificates/{certificate_id}").status_code == 404
    house.change(EVE, email_verified_at=house.now())
    assert eve.get(f"/my/certificates/{certificate_id}").status_code == 302


def test_the_link_of_a_booking_opens_no_other_one_s_certificate(house: House, app: Flask) -> None:
    own, booking_id = paper(house, "Ada Byron")
    other, _ = paper(house, "Bo Diddley")
    house.start_in(booking_id, days=-3)  # its link ends 90 days after the date
    path = house.link_of(booking_id)
    stranger = Visitor(app, house.provider.host)
    assert stranger.get(f"{path}/certificate/{own}").status_code == 302
    assert stranger.get(f"{path}/certificate/{other}").status_code == 404


# --- The calendar ---


def address(visitor: Visitor) -> str:
    """The path of the calendar that the page names."""
    page = visitor.get("/my/calendar").text
    return path_in(page.replace('"', " "), "/my/calendar/")


def test_one_s_calendar_is_read_without_signing_in(house: House, app: Flask) -> None:
    booking_id = house.book(JANE, attendees=(person("Ada Byron"),))
    house.book(EVE)
    jane = house.signed_in(JANE)
    assert "/my/calendar/" not in jane.get("/my/calendar").text.replace('href="/my/calendar', "")
    jane.post("/my/calendar")
    answer = Visitor(app, house.provider.host).get(address(jane))
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    with house.inside():
        assert [str(each["description"]) for each in events] == [
            f"Booking {house.booking(booking_id).reference}"
        ]
    assert b"Ada" not in answer.data and b"Jane" not in answer.data


def test_a_cancelled_booking_leaves_the_calendar(house: House, app: Flask) -> None:
    booking_id = house.book(JANE)
    jane = house.signed_in(JANE)
    jane.post("/my/calendar")
    jane.post(f"/my/booking/{booking_id}/cancel", {"seen": "7500"})
    assert b"VEVENT" not in jane.get(address(jane)).data


def test_a_new_address_ends_the_one_before(house: House) -> None:
    house.book(JANE)
    jane = house.signed_in(JANE)
    jane.post("/my/calendar")
    first = address(jane)
    jane.post("/my/calendar")
    second = address(jane)
    assert (jane.get(first).status_code, jane.get(second).status_code) == (404, 200)
    jane.post("/my/calendar", {"do": "end"})
    assert jane.get(second).status_code == 404
    with house.inside():
        kept = str(db.session.execute(select(AuditEvent.new_values)).all())
        assert first[13:40] not in kept


def test_a_guessed_or_foreign_address_is_none(house: House, app: Flask) -> None:
    house.book(JANE)
    jane = house.signed_in(JANE)
    jane.post("/my/calendar")
    good = address(jane)
    with app.app_context():
        other = factories.make_provider()
    assert Visitor(app, other.host).get(good).status_code == 404
    stranger = Visitor(app, house.provider.host, "192.0.2.77")
    wrong = good[:-5] + ("A" if good[-5] != "A" else "B") + ".ics"
    assert stranger.get(wrong).status_code == 404
    house.change(JANE, is_active=False)
    assert stranger.get(good).status_code == 404


# --- The calendar file of one booking ---


def test_a_firm_booking_comes_as_a_calendar_file(house: House, app: Flask) -> None:
    booking_id = house.book(JANE)
    answer = Visitor(app, house.provider.host).get(house.link_of(booking_id) + "/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert len(Calendar.from_ical(answer.data).walk("VEVENT")) == 1


def test_places_that_are_only_held_are_in_no_calendar(house: House, app: Flask) -> None:
    booking_id = house.book(JANE, 1, "bank_transfer")
    assert (
        Visitor(app, house.provider.host).get(house.link_of(booking_id) + "/calendar.ics").status_code == 404
    )
