"""The customers' screen: found as people say them, with what they owe, what is theirs, and what was noted."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent, User, UserNote
from backoffice.services import payments
from backoffice.services.customers import CustomerIn
from backoffice.services.payments import PaymentIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import Clerk, carried_by, counted, get, inside, place, said
from tests.web_client import Visitor, signed_in

CUSTOMERS = "/admin/customers/"
STATEMENTS_MAXIMUM = 8


@pytest.fixture
def office(app: Flask, provider: Provider) -> Visitor:
    return signed_in(app, provider, "office")


@pytest.fixture
def clerk(office: Visitor) -> Clerk:
    return Clerk(office, "customers")


def someone(app: Flask, provider: Provider, **values: object) -> UUID:
    with inside(app, provider):
        return factories.make_user(**values).id  # type: ignore[arg-type]


def test_the_list_shows_what_was_booked_and_spent_in_few_statements(
    app: Flask, provider: Provider, office: Visitor
) -> None:
    with inside(app, provider):
        caller = CustomerIn(first_name="Ann", last_name="Cox", email="ann.cox@x.example")
        for _ in range(2):
            place(method="cash", customer=caller)
        for _ in range(30):
            factories.make_user()
    with counted(app) as sent:
        page = office.get(f"{CUSTOMERS}?search=ann.cox@x.example")
    assert "Ann Cox ann.cox@x.example — nothing — nothing 2 £150.00" in said(page)
    with counted(app) as sent:
        office.get(CUSTOMERS)
    assert len(sent) <= STATEMENTS_MAXIMUM, sent


@pytest.mark.parametrize("typed", ["Cox", "ann.cox@x.example", "07700 900311", "+44 7700 900311", "Acme"])
def test_a_customer_is_found_as_people_say_them(
    app: Flask, provider: Provider, office: Visitor, typed: str
) -> None:
    with inside(app, provider):
        company = factories.make_company(name="Acme Works")
        wanted = factories.make_user(
            first_name="Ann",
            last_name="Cox",
            email="ann.cox@x.example",
            phone="+447700900311",
            company_id=company.id,
        ).id
        factories.make_user(first_name="Bob", last_name="Lee", email="bob@y.example")
    page = office.get(CUSTOMERS, query_string={"search": typed}).get_data(as_text=True)
    assert f"details/?id={wanted}" in page and "bob@y.example" not in page


def test_staff_are_no_customers(app: Flask, provider: Provider, office: Visitor, clerk: Clerk) -> None:
    colleague = someone(app, provider, role="admin", email="colleague@x.example")
    assert "colleague@x.example" not in office.get(CUSTOMERS).get_data(as_text=True)
    assert clerk.open("details", colleague).status_code == 404
    assert clerk.send("edit", colleague, {"first_name": "X", "version": "1"}).status_code == 404


def test_the_card_says_what_is_owed_and_what_is_left(app: Flask, provider: Provider, clerk: Clerk) -> None:
    with inside(app, provider):
        booking = get(place())
        customer_id, actor = booking.customer_id, factories.actor("office")
        paid = PaymentIn("cash", 2500, customer_id=customer_id, send_mail=False)
        commit_once(lambda: payments.take(paid, actor))
    text = said(clerk.open("details", customer_id))
    assert "Owes £75.00" in text and "Has unallocated money £25.00" in text
    assert "Use for a booking…" in text


def test_a_record_is_corrected_and_the_booking_keeps_its_contact(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    with inside(app, provider):
        booking = get(place())
        booking_id, customer_id, contact = booking.id, booking.customer_id, booking.contact_name
        version = booking.customer.version
    form = {"first_name": "Anna", "last_name": "Cox", "email": "Anna@X.example", "phone": "07700 900777"}
    answer = clerk.send("edit", customer_id, form | {"version": str(version)})
    assert answer.status_code == 302, said(answer)
    with inside(app, provider):
        user = db.session.get_one(User, customer_id)
        assert (user.name, user.email, user.phone) == ("Anna Cox", "anna@x.example", "+447700900777")
        assert get(booking_id).contact_name == contact


def test_an_address_of_somebody_else_is_refused_beside_its_field(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    someone(app, provider, email="taken@x.example")
    mine = someone(app, provider, email="mine@x.example")
    answer = clerk.send("edit", mine, {"first_name": "A", "email": "TAKEN@x.example", "version": "1"})
    assert answer.status_code == 409 and 'id="email-error"' in answer.get_data(as_text=True)


def test_a_note_is_sealed_and_for_the_office_only(app: Flask, provider: Provider, clerk: Clerk) -> None:
    customer_id = someone(app, provider)
    clerk.done("add-note", customer_id, {"note": "Hard of hearing"})
    assert "Hard of hearing" in said(clerk.open("details", customer_id))
    with inside(app, provider):
        note = db.session.scalars(select(UserNote)).one()
        assert "Hard" not in note.body_sealed
        entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user:note")).one()
        assert entry.new_values == {"note": "(hidden)"}
    manager = Clerk(signed_in(app, provider, "manager"), "customers")
    assert "Hard of hearing" not in said(manager.open("details", customer_id))
    assert manager.open("add-note", customer_id).status_code == 403


def test_an_archived_customer_is_left_out_and_comes_back(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    customer_id = someone(app, provider, email="gone@x.example")
    clerk.done("archive", customer_id)
    assert "gone@x.example" not in clerk.visitor.get(CUSTOMERS).get_data(as_text=True)
    assert "gone@x.example" in clerk.visitor.get(f"{CUSTOMERS}?archived=only").get_data(as_text=True)
    clerk.done("restore", customer_id)
    assert "gone@x.example" in clerk.visitor.get(CUSTOMERS).get_data(as_text=True)


def test_who_was_archived_meanwhile_is_not_archived_again(
    app: Flask, provider: Provider, clerk: Clerk
) -> None:
    customer_id = someone(app, provider)
    opened = carried_by(clerk.open("archive", customer_id))
    clerk.done("archive", customer_id)
    answer = clerk.send("archive", customer_id, opened)
    assert answer.status_code == 409 and "archived the record" in said(answer)


def test_nobody_deletes_a_customer(app: Flask, provider: Provider, clerk: Clerk) -> None:
    customer_id = someone(app, provider)
    assert clerk.send("delete", customer_id, {}).status_code == 403


def test_another_tenants_customer_is_not_there(app: Flask, provider: Provider, clerk: Clerk) -> None:
    with app.app_context():
        stranger = factories.make_provider()
    foreign = someone(app, stranger)
    for verb in ("details", "edit", "add-note", "archive"):
        assert clerk.open(verb, foreign).status_code == 404
