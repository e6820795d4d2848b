"""The page of a booking: the terms that were accepted, what was said about bringing things, the company as typed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from backoffice.domain.actor import Actor
from backoffice.services import bookings, terms
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.terms import Typed
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.services.booked import ADMIN, person
from tests.web_client import Visitor, signed_in

VISITOR = Actor("customer", name="Visitor", address="203.0.113.9")
EVE = CustomerIn(first_name="Eve", last_name="Jones", email="eve@x.example", company_name="Acme <b>Ltd</b>")


@pytest.fixture
def booking_id(app: Flask, provider: Provider) -> UUID:
    """From the web, for a company, of a course that asks people to bring something."""
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(prerequisites="Safety shoes")
        people = (person("Ada Byron", is_prepared=True), person("Bo Hill"))
        date = factories.make_schedule(course=course)
        order = Order(date.id, 2, EVE, "payment_link", attendees=people, source="web")
        return commit_once(lambda: bookings.place(order, VISITOR)).booking_id


def agree(app: Flask, provider: Provider, booking_id: UUID) -> None:
    with app.app_context(), tenant_scope(provider.id):
        commit_once(lambda: terms.save("terms", Typed("Ours", "Be on time."), ADMIN, version=0))
        text = commit_once(lambda: terms.publish("terms", ADMIN, version=1))
        commit_once(lambda: terms.accept(booking_id, [text.id], VISITOR, datetime.now(UTC)))


def page(visitor: Visitor, booking_id: UUID) -> str:
    answer: Any = visitor.get(f"/admin/bookings/details/?id={booking_id}")
    assert answer.status_code == 200
    return " ".join(answer.get_data(as_text=True).split())


def test_the_terms_that_were_accepted_are_shown_with_their_version(
    app: Flask, provider: Provider, booking_id: UUID
) -> None:
    admin = signed_in(app, provider, "admin")
    assert "Nothing was accepted yet." in page(admin, booking_id)
    agree(app, provider, booking_id)
    shown = page(admin, booking_id)
    assert '<a href="/terms/terms/1">Terms of booking, version 1</a>' in shown
    assert "Eve Jones" in shown and "from 203.0.113.0" in shown
    assert (
        "Accepted: Terms of booking, version 1" in shown or "accepted: Terms of booking, version 1" in shown
    )


def test_what_people_bring_is_shown_beside_their_names(
    app: Flask, provider: Provider, booking_id: UUID
) -> None:
    shown = page(signed_in(app, provider, "office"), booking_id)
    assert shown.count("<small>brings what is asked for</small>") == 1
    assert shown.count("<small>what to bring: not confirmed</small>") == 1


def test_the_office_says_which_company_it_is(app: Flask, provider: Provider, booking_id: UUID) -> None:
    with app.app_context(), tenant_scope(provider.id):
        acme = factories.make_company(name="Acme <b>Ltd</b>", has_terms=True).id
    office = signed_in(app, provider, "office")
    shown = page(office, booking_id)
    assert "Acme &lt;b&gt;Ltd&lt;/b&gt;<br><small><a" in shown
    asked = office.get(f"/admin/bookings/set-company/?id={booking_id}").get_data(as_text=True)
    assert f'selected value="{acme}"' in asked and "Anybody can type that" in asked
    sent = {"company_id": str(acme), "new_name": "", "version": "1", "confirmed": "1"}
    answer = office.post(f"/admin/bookings/set-company/?id={booking_id}", sent)
    assert answer.status_code in (302, 303), answer.get_data(as_text=True)[:2000]
    shown = page(office, booking_id)
    assert f"/admin/companies/details/?id={acme}" in shown and "set-company" not in shown


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"company_id": "", "new_name": ""}, "just one of them"),
        ({"company_id": "", "new_name": "4111 1111 1111 1111"}, "card"),
        ({"company_id": "x", "new_name": ""}, "Choose one of the list"),
    ],
)
def test_what_is_wrong_is_said_beside_it(
    app: Flask, provider: Provider, booking_id: UUID, sent: dict[str, str], sentence: str
) -> None:
    office = signed_in(app, provider, "office")
    answer = office.post(f"/admin/bookings/set-company/?id={booking_id}", sent | {"version": "1"})
    assert sentence in answer.get_data(as_text=True)
    assert "set-company" in page(office, booking_id)


def test_a_manager_reads_and_does_not_say(app: Flask, provider: Provider, booking_id: UUID) -> None:
    manager = signed_in(app, provider, "manager")
    assert "set-company" not in page(manager, booking_id)
    assert manager.get(f"/admin/bookings/set-company/?id={booking_id}").status_code == 403
