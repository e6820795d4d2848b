"""One's own details, and the password that one may have besides the mailed link."""

from __future__ import annotations

import pytest
from flask import Flask

from backoffice.domain.actor import Actor
from backoffice.services import my
from tests.factories import Provider
from tests.services.booked import entries
from tests.views.public.my.helpers import House
from tests.web_client import PASSWORD, Visitor, make_login, signed_in

JANE = "jane@x.example"
NEW = "another horse 8"


@pytest.fixture
def house(app: Flask, provider: Provider) -> House:
    return House(app, provider)


def test_one_s_own_name_and_telephone_are_corrected(house: House) -> None:
    booking_id = house.book(JANE)
    jane = house.signed_in(JANE)
    sent = {"first_name": "Janet", "last_name": "Doe-Smith", "phone": "07700 900123"}
    assert jane.post("/my/profile", sent).status_code == 303
    user = house.user(JANE)
    assert (user.name, user.phone) == ("Janet Doe-Smith", "+447700900123")
    with house.inside():
        assert house.booking(booking_id).contact_first_name == "Jane", "as given that day"
        [entry] = entries("user:edit")
        assert entry.actor_kind == "customer"


def test_nothing_else_of_oneself_is_changed_by_a_form(house: House) -> None:
    house.customer(JANE)
    sent = {"first_name": "J", "last_name": "D", "role": "admin", "email": "x@evil.example", "is_active": ""}
    house.signed_in(JANE).post("/my/profile", sent)
    user = house.user(JANE)
    assert (user.role, user.email, user.is_active) == ("customer", JANE, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("last_name", "x" * 101), ("phone", "12"), ("first_name", "4111 1111 1111 1111")],
)
def test_what_is_wrong_is_said_beside_its_field(house: House, field: str, value: str) -> None:
    house.customer(JANE, first_name="Jane", last_name="Doe")
    sent = {"first_name": "J", "last_name": "D", "phone": ""} | {field: value}
    answer = house.signed_in(JANE).post("/my/profile", sent)
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert house.user(JANE).name == "Jane Doe"


def test_a_first_password_is_set_while_signed_in(house: House, app: Flask) -> None:
    house.customer(JANE)
    jane = house.signed_in(JANE)
    assert "Your password now" not in jane.get("/my/profile").text
    assert jane.post("/my/password", {"password": NEW, "again": NEW}).status_code == 303
    assert jane.get("/my/profile").status_code == 200, "this browser goes on"
    assert Visitor(app, house.provider.host).sign_in(JANE, NEW).location == "/my/"


def test_another_password_needs_the_one_before_and_ends_every_other_session(house: House, app: Flask) -> None:
    make_login(app, house.provider, "customer", email=JANE)
    here, there = Visitor(app, house.provider.host), Visitor(app, house.provider.host)
    for visitor in (here, there):
        assert visitor.sign_in(JANE).status_code == 303
    sent = {"password": NEW, "again": NEW}
    assert here.post("/my/password", sent).status_code == 422
    assert here.post("/my/password", sent | {"current": "wrong horse 1"}).status_code == 422
    assert here.post("/my/password", sent | {"current": PASSWORD}).status_code == 303
    assert here.get("/my/payments").status_code == 200
    assert there.get("/my/payments").status_code == 302


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("short1", "short1", "password"),
        ("onlyletters", "onlyletters", "password"),
        ("1234567890", "1234567890", "password"),
        ("password1", "password1", "password"),
        ("x1" * 101, "x1" * 101, "password"),
        (NEW, NEW + "x", "again"),
        ("", "", "password"),
    ],
)
def test_a_weak_password_is_refused_beside_its_field_and_not_shown_again(
    house: House, password: str, again: str, field: str
) -> None:
    house.customer(JANE)
    answer = house.signed_in(JANE).post("/my/password", {"password": password, "again": again})
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert not password or password not in answer.text
    assert house.user(JANE).password_hash is None


def test_a_password_is_given_up(house: House, app: Flask) -> None:
    make_login(app, house.provider, "customer", email=JANE)
    here = Visitor(app, house.provider.host)
    here.sign_in(JANE)
    assert here.post("/my/password/none").status_code == 303
    assert here.get("/my/profile").status_code == 200
    assert Visitor(app, house.provider.host).sign_in(JANE).status_code == 401


def test_staff_choose_theirs_elsewhere(house: House, app: Flask) -> None:
    admin = signed_in(app, house.provider, "admin")
    sent = {"current": PASSWORD, "password": NEW, "again": NEW}
    assert admin.post("/my/password", sent).status_code == 409
    assert admin.post("/my/password/none").status_code == 409


# --- What a form may be filled with ---


def test_details_are_given_only_of_who_is_signed_in_as_a_customer(house: House) -> None:
    user_id = house.customer(JANE, first_name="Jane", last_name="Doe", phone="+447700900123")
    with house.inside():
        known = my.details_of(Actor("customer", user_id, "customer"))
        assert known == {
            "first_name": "Jane",
            "last_name": "Doe",
            "email": JANE,
            "phone": "+447700900123",
            "company": "",
        }
        assert my.details_of(Actor("customer", None, None, "Visitor")) is None
        assert my.details_of(Actor("user", user_id, "admin")) is None
