"""Booking for a company on the web: one booking, one payment, names by link; and no terms by typing a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import Attendee, Booking, Company, PaymentLink
from backoffice.services.reminders import names_link
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.views.public.booking.steps import Booker, make_date, rows
from tests.web_client import make_login

FOR_ACME = {"company_name": "Acme Ltd", "purchase_order": "4500-1"}
AS_TYPED = (Booking.company_named, Booking.purchase_order, Booking.payment_method, Booking.status)


@pytest.fixture
def date(app: Flask, provider: Provider) -> UUID:
    return make_date(app, provider)


@pytest.fixture
def booker(app: Flask, provider: Provider, date: UUID) -> Booker:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_rule()
        factories.make_gateway_account()
        factories.make_company(name="Acme Ltd", has_terms=True)
        db.session.remove()
    return Booker(app, provider, date)


def count(app: Flask, provider: Provider, model: Any) -> int:
    with app.app_context(), tenant_scope(provider.id):
        found = db.session.scalars(select(func.count()).select_from(model)).one()
        db.session.remove()
    return found


def test_five_places_are_one_booking_to_pay_with_the_names_to_follow(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    paying = booker.book(5, **FOR_ACME)
    assert paying.location.startswith("/pay/")
    assert rows(app, provider, *AS_TYPED) == [("Acme Ltd", "4500-1", "payment_link", "pending")]
    assert rows(app, provider, Booking.seats, Booking.unnamed_places, Booking.total_minor) == [(5, 4, 33_750)]
    assert count(app, provider, PaymentLink) == 1
    with app.app_context(), tenant_scope(provider.id):
        booking = db.session.scalars(select(Booking)).one()
        path, places = names_link.PAGE + names_link.token_of(booking), [each.id for each in booking.attendees]
        db.session.remove()
    sent = {f"{places[1]}.first_name": "Bo", f"{places[1]}.last_name": "Diddley"}
    assert booker.visitor.post(path, sent).status_code == 303
    assert rows(app, provider, Booking.unnamed_places) == [(3,)]
    with app.app_context(), tenant_scope(provider.id):
        assert db.session.get_one(Attendee, places[1]).name == "Bo Diddley"


def test_the_company_and_the_order_are_shown_before_it_is_accepted(booker: Booker) -> None:
    booker.hold(2, company_name="Acme <b>Ltd</b>", purchase_order="4500-1")
    page = booker.look("/terms").get_data(as_text=True)
    assert "Acme &lt;b&gt;Ltd&lt;/b&gt;" in page and "4500-1" in page
    assert 'value="4500-1"' in booker.look().get_data(as_text=True)


@pytest.mark.parametrize(
    "forged",
    [
        {"payment_method": "account"},
        {"company_id": "00000000-0000-7000-8000-000000000001", "has_terms": "1"},
        {"payment_method": "cash", "status": "confirmed"},
        {"booking_group_id": "00000000-0000-7000-8000-000000000001", "customer_id": "x"},
    ],
)
def test_whatever_a_form_claims_it_is_to_be_paid_and_of_no_company(
    app: Flask, provider: Provider, booker: Booker, forged: dict[str, str]
) -> None:
    assert booker.book(1, **FOR_ACME, **forged).location.startswith("/pay/")
    assert rows(app, provider, *AS_TYPED) == [("Acme Ltd", "4500-1", "payment_link", "pending")]
    assert rows(app, provider, Booking.company_id, Booking.booking_group_id) == [(None, None)]


def test_a_name_that_nobody_knows_makes_no_company(app: Flask, provider: Provider, booker: Booker) -> None:
    booker.hold(1, company_name="Brand New plc")
    assert count(app, provider, Company) == 1


def test_an_employee_who_is_signed_in_books_for_the_company(
    app: Flask, provider: Provider, booker: Booker
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        acme = db.session.scalars(select(Company.id)).one()
        db.session.remove()
    email = make_login(app, provider, "customer", company_id=acme)
    assert booker.visitor.sign_in(email).status_code == 303
    booker.visitor._token = ""
    booker.hold(1, **FOR_ACME | {"email": email})
    assert rows(app, provider, Booking.company_id, Booking.company_named) == [(acme, None)]


def test_the_address_of_an_employee_is_no_proof(app: Flask, provider: Provider, booker: Booker) -> None:
    """The control: the same form from somebody who is not signed in."""
    with app.app_context(), tenant_scope(provider.id):
        acme = db.session.scalars(select(Company.id)).one()
        email = factories.make_user("customer", company_id=acme).email
        db.session.remove()
    booker.hold(1, **FOR_ACME | {"email": email})
    assert rows(app, provider, Booking.company_id, Booking.company_named) == [(None, "Acme Ltd")]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"company_name": "x" * 300}, "company_name"),
        ({"purchase_order": "4111 1111 1111 1111"}, "purchase_order"),
        ({"purchase_order": "x" * 61}, "purchase_order"),
    ],
)
def test_what_is_wrong_is_said_beside_it(
    app: Flask, provider: Provider, booker: Booker, more: dict[str, str], field: str
) -> None:
    answer = booker.hold(1, **more)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert rows(app, provider, Booking.id) == []
