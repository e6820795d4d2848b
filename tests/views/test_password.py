"""Changing one's own password while signed in."""

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import AuditEvent
from backoffice.services import rate_limits, sign_in
from backoffice.tenancy import tenant_scope
from tests.factories import Provider
from tests.web_client import PASSWORD, Visitor, make_login

PAGE = "/password/change"
NEW = "another horse 8"
GOOD = {"current": PASSWORD, "password": NEW, "again": NEW}


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


# Customers have a page of their own among their bookings: see tests/views/public/my.
@pytest.mark.parametrize("role", ["admin", "office", "manager", "instructor", "operator"])
def test_every_role_of_staff_finds_the_page_in_the_user_menu(
    app: Flask, provider: Provider, visitor: Visitor, role: str
) -> None:
    home = visitor.sign_in(make_login(app, provider, role)).location
    assert f'href="{PAGE}"' in visitor.get(home).text
    assert visitor.get(PAGE).status_code == 200


def test_a_stranger_is_led_to_the_sign_in_page(visitor: Visitor) -> None:
    assert visitor.get(PAGE).location.startswith("/login")


def test_the_new_password_opens_and_the_old_one_no_longer(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    visitor.sign_in(email)
    answer = visitor.post(PAGE, GOOD)
    assert (answer.status_code, answer.location) == (303, "/admin/")
    assert "password is changed" in visitor.get("/admin/").text
    assert Visitor(app, provider.host).sign_in(email).status_code == 401
    assert Visitor(app, provider.host).sign_in(email, NEW).status_code == 303


def test_other_browsers_and_copies_of_the_cookie_are_signed_out(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    other, thief = Visitor(app, provider.host), Visitor(app, provider.host)
    other.sign_in(email)
    visitor.sign_in(email)
    thief.carry(visitor.session_cookie())
    visitor.post(PAGE, GOOD)
    assert visitor.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    assert thief.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"current": "wrong horse 7"}, "This is not your password now."),
        ({"current": ""}, "Fill this in."),
        ({"again": "another horse 9"}, "The two passwords differ."),
        ({"password": "short 1", "again": "short 1"}, "Use at least 8 characters"),
        ({"password": PASSWORD, "again": PASSWORD}, "Choose another."),
    ],
)
def test_a_refusal_stands_beside_its_field_and_changes_nothing(
    app: Flask, provider: Provider, visitor: Visitor, wrong: dict[str, str], sentence: str
) -> None:
    email = make_login(app, provider)
    visitor.sign_in(email)
    answer = visitor.post(PAGE, GOOD | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert PASSWORD not in answer.text
    assert NEW not in answer.text
    assert visitor.get("/admin/").status_code == 200
    assert Visitor(app, provider.host).sign_in(email).status_code == 303


def test_guessing_the_present_password_is_stopped_like_guessing_at_the_door(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    visitor.sign_in(make_login(app, provider))
    wrong = GOOD | {"current": "wrong horse 7"}
    for _ in range(rate_limits.PER_ACCOUNT):
        assert visitor.post(PAGE, wrong).status_code == 422
    answer = visitor.post(PAGE, GOOD)
    assert answer.status_code == 429
    assert "Too many tries" in answer.text


def test_the_change_is_written_down_without_the_password(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    visitor.sign_in(email)
    visitor.post(PAGE, GOOD)
    with app.app_context(), tenant_scope(provider.id):
        user = sign_in.find_by_email(email)
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user:password")).all()
        assert user is not None
        assert [(event.actor_id, event.old_values, event.new_values) for event in events] == [
            (user.id, {}, {})
        ]
