"""What somebody from outside cannot obtain by what they send: terms, a company, a record, a group, an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError
from backoffice.models import Booking, Company, User
from backoffice.services import bookings
from backoffice.services.bookings import Order, outside
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.services.booked import ALICE, OFFICE, done, fresh

pytestmark = pytest.mark.usefixtures("tenant")

VISITOR = Actor("customer", name="Visitor")
PROGRAM = Actor("api", name="A program")
EVE = CustomerIn(first_name="Eve", last_name="Dropper", email="eve@evil.example")


@pytest.fixture
def acme() -> Company:
    return factories.make_company(name="Acme Ltd", has_terms=True)


@pytest.fixture
def employee(acme: Company) -> User:
    return factories.make_user("customer", email="ann@acme.example", company_id=acme.id)


def order(customer: CustomerIn = EVE, method: str = "payment_link", **more: Any) -> Order:
    values: dict[str, Any] = {"source": "web", "send_mail": False} | more
    return Order(factories.make_schedule().id, 2, customer, method, **values)


def place(wanted: Order, actor: Actor = VISITOR) -> Booking:
    return fresh(done(lambda: bookings.place(wanted, actor)).booking_id)


def refused(wanted: Order, actor: Actor = VISITOR) -> str:
    with pytest.raises(DomainError) as caught:
        done(lambda: bookings.place(wanted, actor))
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0
    return caught.value.code


def signed_in(user: User) -> Actor:
    return Actor("customer", user.id, "customer", user.name)


@pytest.mark.parametrize("actor", [VISITOR, PROGRAM])
@pytest.mark.parametrize("method", ["account", "cash", "card_terminal"])
def test_nobody_outside_books_on_account_or_with_money_that_no_one_saw(
    acme: Company, actor: Actor, method: str
) -> None:
    named = replace(EVE, company_name="ACME ltd")
    assert refused(order(named, method, purchase_order="PO 1"), actor) == "no_terms"


def test_not_even_an_employee_books_on_account(acme: Company, employee: User) -> None:
    wanted = order(CustomerIn(employee.id, company_id=acme.id), "account", purchase_order="PO 1")
    assert refused(wanted, signed_in(employee)) == "no_terms"


def test_the_desk_still_does(acme: Company) -> None:
    """The control: what is refused outside is what a clerk may do."""
    booking = place(order(replace(EVE, company_name="acme LTD"), "account"), OFFICE)
    assert (booking.company_id, booking.status) == (acme.id, "confirmed")


@pytest.mark.parametrize("actor", [VISITOR, PROGRAM])
def test_a_typed_name_ties_the_booking_to_no_company(acme: Company, actor: Actor) -> None:
    booking = place(order(replace(EVE, company_name="Acme Ltd"), purchase_order="PO 77"), actor)
    assert (booking.company_id, booking.company_named) == (None, "Acme Ltd")
    assert booking.purchase_order == "PO 77"
    assert booking.customer.company_id is None


def test_a_name_that_nobody_knows_makes_no_company() -> None:
    """It could be given terms later, with a stranger in it."""
    booking = place(order(replace(EVE, company_name="Brand New plc")))
    assert booking.company_named == "Brand New plc"
    assert db.session.scalar(select(func.count()).select_from(Company)) == 0


def test_an_id_of_a_company_is_refused(acme: Company) -> None:
    assert refused(order(replace(EVE, company_id=acme.id))) == "forbidden"
    stranger = factories.make_user("customer", email="eve2@evil.example")
    assert refused(order(replace(EVE, company_id=acme.id)), signed_in(stranger)) == "forbidden"


def test_an_employee_who_is_signed_in_books_for_the_company(acme: Company, employee: User) -> None:
    who = CustomerIn(employee.id, "Ann", "Other", "ann@acme.example", company_name="acme ltd")
    booking = place(order(who), signed_in(employee))
    assert (booking.company_id, booking.company_named, booking.status) == (acme.id, None, "pending")
    other = place(order(replace(who, company_name="Umbrella plc")), signed_in(employee))
    assert (other.company_id, other.company_named) == (None, "Umbrella plc")
    alone = place(order(replace(who, company_name=None)), signed_in(employee))
    assert (alone.company_id, alone.company_named) == (None, None)


def test_an_archived_company_is_nobodys(acme: Company, employee: User) -> None:
    acme.archived_at = func.now()
    db.session.commit()
    who = CustomerIn(employee.id, company_name="Acme Ltd")
    assert place(order(who), signed_in(employee)).company_id is None


def test_the_address_of_an_employee_alone_proves_nothing(acme: Company, employee: User) -> None:
    who = CustomerIn(first_name="Eve", last_name="X", email="ann@acme.example", company_name="Acme Ltd")
    booking = place(order(who))
    assert (booking.company_id, booking.company_named) == (None, "Acme Ltd")
    assert (employee.first_name, employee.last_name) == ("Ann", employee.last_name)


def test_nobody_books_as_somebody_else(employee: User) -> None:
    stranger = factories.make_user("customer", email="eve2@evil.example")
    for actor in (VISITOR, PROGRAM, signed_in(stranger)):
        assert refused(order(CustomerIn(employee.id)), actor) == "forbidden"


def test_nobody_joins_a_group(acme: Company) -> None:
    assert refused(order(booking_group_id=new_id())) == "forbidden"


@pytest.mark.parametrize("more", [{"agreed_minor": 1}, {"override_reason": "I may"}])
def test_nobody_makes_an_exception_for_themselves(more: dict[str, Any]) -> None:
    assert refused(order(**more)) == "forbidden"


def test_another_booking_is_no_proof_of_more_than_it_holds(acme: Company, employee: User) -> None:
    """Who takes another date by the link keeps customer and company; with other ids the link proves nothing."""
    old = place(order(CustomerIn(employee.id, company_name="Acme Ltd")), signed_in(employee))
    kept = CustomerIn(employee.id, "Ann", "Other", company_id=acme.id)
    assert place(order(kept, "bank_transfer", instead_of=old.id)).company_id == acme.id
    other = factories.make_company(name="Other", has_terms=True)
    count = db.session.scalar(select(func.count()).select_from(Booking))
    for claim in (replace(kept, company_id=other.id), replace(kept, user_id=factories.make_user().id)):
        with pytest.raises(DomainError, match="not yours"):
            done(lambda claim=claim: bookings.place(order(claim, instead_of=old.id), VISITOR))  # type: ignore[misc]
        db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Booking)) == count


def test_the_guard_is_what_refuses(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without it a visitor would have the company's terms."""
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    monkeypatch.setattr(outside, "check", nothing)
    named = replace(EVE, company_id=acme.id)
    booking = place(order(named, "account", purchase_order="PO 1"))
    assert (booking.status, booking.company_id) == ("confirmed", acme.id)


def test_a_double_click_names_the_company_once(acme: Company) -> None:
    wanted = order(replace(EVE, company_name="Acme Ltd"), idempotency_key="web:1:1")
    first, second = (done(lambda: bookings.place(wanted, VISITOR)) for _ in range(2))
    assert (first.booking_id, second.is_repeat) == (second.booking_id, True)


def test_a_group_with_names_by_link_is_one_payment() -> None:
    """Five places for a company: no name yet, one booking to pay, the purchase order on it."""
    factories.make_rule()
    wanted = order(replace(EVE, company_name="Acme Ltd"), purchase_order="4500-1")
    booking = place(replace(wanted, places=5))
    assert (booking.seats, booking.unnamed_places, booking.total_minor) == (5, 5, 33_750)
    assert (booking.status, booking.payment_method) == ("pending", "payment_link")


@pytest.mark.parametrize("user_id", [None, UUID(int=1)])
def test_staff_are_not_outside(user_id: UUID | None) -> None:
    assert not outside.is_outside(OFFICE)
    assert not outside.is_outside(Actor("system"))
    assert outside.is_outside(Actor("customer", user_id, "customer"))
    assert ALICE.company_id is None
