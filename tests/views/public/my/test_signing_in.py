"""Customers sign in by a mailed link: once, for a short time, and nobody learns who is known here."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import AuditEvent, Message, UserToken, WebSession
from tests import factories
from tests.factories import Provider
from tests.views.public.my.helpers import House
from tests.web_client import PASSWORD, Visitor, make_login

JANE = "jane@x.example"


@pytest.fixture
def house(app: Flask, provider: Provider) -> House:
    return House(app, provider)


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def ask(visitor: Visitor, email: str) -> Any:
    return visitor.post("/my/sign-in", {"email": email})


def test_a_stranger_is_led_to_signing_in(visitor: Visitor) -> None:
    answer = visitor.get("/my/")
    assert (answer.status_code, answer.location) == (302, "/my/sign-in")
    assert visitor.get("/my/sign-in").status_code == 200


def test_a_customer_gets_a_link_and_it_lets_them_in(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    assert ask(visitor, f" {JANE.upper()} ").location == "/my/sent"
    path = house.mailed_path(JANE)
    page = visitor.get(path)
    assert page.status_code == 200 and JANE in page.text
    answer = visitor.post(path)
    assert (answer.status_code, answer.location) == (303, "/my/")
    assert "No bookings yet" in visitor.get("/my/").text


def test_opening_the_link_does_not_use_it_up(house: House, visitor: Visitor) -> None:
    """Programs that look at mails follow links."""
    house.customer(JANE)
    path = house.link_for(JANE)
    for _ in range(3):
        assert Visitor(house.app, house.provider.host).get(path).status_code == 200
    assert visitor.post(path).status_code == 303


def test_the_link_works_once(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    path = house.link_for(JANE)
    assert visitor.post(path).status_code == 303
    other = Visitor(house.app, house.provider.host, "192.0.2.9")
    assert other.get(path).status_code == 410
    assert other.post(path).status_code == 410
    assert other.get("/my/").location == "/my/sign-in"


def test_pressed_twice_the_second_finds_the_session(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    path = house.link_for(JANE)
    visitor.post(path)
    assert visitor.post(path).location == "/my/"


def test_the_link_ends_after_half_an_hour(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    with time_machine.travel(house.now(minutes=-29)):
        young = house.link_for(JANE)
    with time_machine.travel(house.now(minutes=-31)):
        old = house.link_for(JANE)
    assert visitor.get(old).status_code == 410
    assert visitor.get(young).status_code == 200


def test_a_link_of_another_provider_opens_nothing(app: Flask, house: House) -> None:
    house.customer(JANE)
    path = house.link_for(JANE)
    with app.app_context():
        other = factories.make_provider()
    assert Visitor(app, other.host).get(path).status_code == 410


@pytest.mark.parametrize("purpose", ["password_reset", "invitation"])
def test_a_link_for_something_else_does_not_sign_in(house: House, visitor: Visitor, purpose: str) -> None:
    house.customer(JANE)
    token = house.token_for(JANE, purpose)
    assert visitor.post(f"/my/enter/{token}").status_code == 410


def test_the_link_does_not_change_a_password(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    token = house.link_for(JANE).rpartition("/")[2]
    assert visitor.get(f"/password/reset/{token}").status_code == 410


# --- Nobody learns who is known ---


def test_known_and_unknown_addresses_are_answered_alike(house: House, app: Flask) -> None:
    house.customer(JANE)
    answers = []
    for email in (JANE, "none@x.example"):
        visitor = Visitor(app, house.provider.host)
        answer = ask(visitor, email)
        page = visitor.get(answer.location).text.replace(email, "…")
        answers.append((answer.status_code, answer.location, re.sub(r'(nonce|value)="[^"]+"', "", page)))
    assert answers[0] == answers[1]
    assert house.mails() == [("sign_in", JANE)]


def test_known_and_unknown_addresses_take_equally_long(house: House, app: Flask) -> None:
    """Both wait for the same moment, and the work of neither comes near it."""
    house.customer(JANE)
    waits: list[float] = []
    for email in (JANE, "none@x.example"):
        visitor = Visitor(app, house.provider.host)
        visitor.kept_token()
        waits.append(house.seconds(lambda: ask(visitor, email)))  # noqa: B023 - called at once
    assert all(0.38 < seconds < 0.9 for seconds in waits), waits


def test_registering_a_known_address_is_answered_alike_and_changes_nothing(house: House, app: Flask) -> None:
    house.customer(JANE, first_name="Jane", phone=None)
    pages = []
    for email in (JANE, "new@x.example"):
        visitor = Visitor(app, house.provider.host)
        sent = {"first_name": "Mallory", "last_name": "Evil", "email": email, "phone": "07700 900123"}
        answer = visitor.post("/my/register", sent)
        pages.append((answer.status_code, answer.location))
    assert pages[0] == pages[1] == (303, "/my/sent")
    jane = house.user(JANE)
    assert (jane.first_name, jane.phone) == ("Jane", None)
    assert sorted(house.mails()) == [("sign_in", JANE), ("sign_in", "new@x.example")]


@pytest.mark.parametrize("role", ["admin", "office", "instructor", "operator"])
def test_staff_get_no_link_and_are_not_told_so(house: House, visitor: Visitor, role: str) -> None:
    email = make_login(house.app, house.provider, role)
    assert ask(visitor, email).location == "/my/sent"
    assert house.mails() == []


def test_a_link_is_dead_once_its_customer_became_staff(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    path = house.link_for(JANE)
    house.change(JANE, role="office")
    assert visitor.get(path).status_code == 410
    assert visitor.post(path).status_code == 410


@pytest.mark.parametrize("values", [{"is_active": False}, {"archived_at": func.now()}])
def test_who_was_put_away_gets_no_link(house: House, visitor: Visitor, values: dict[str, Any]) -> None:
    house.customer(JANE)
    house.change(JANE, **values)
    assert ask(visitor, JANE).location == "/my/sent"
    assert house.mails() == []


def test_an_inbox_is_not_filled_from_outside(house: House, app: Flask) -> None:
    """Three mails to an address, however it is written and whoever asks; unknown ones are counted as well."""
    house.customer(JANE)
    for email in (JANE, "none@x.example"):
        answers = []
        for number, written in enumerate((email, email.upper(), f" {email}", email.title())):
            visitor = Visitor(app, house.provider.host, f"192.0.2.{number + 1}")
            answers.append(ask(visitor, written).status_code)
        assert answers == [303, 303, 303, 429], email
    assert len(house.mails()) == 3


# --- New here ---


def test_somebody_new_proves_their_address_by_the_link(house: House, visitor: Visitor) -> None:
    sent = {"first_name": "Bo", "last_name": "Diddley", "email": "Bo@X.example", "phone": "07700 900123"}
    assert visitor.post("/my/register", sent).location == "/my/sent"
    bo = house.user("bo@x.example")
    assert (bo.name, bo.role, bo.phone, bo.email_verified_at) == (
        "Bo Diddley",
        "customer",
        "+447700900123",
        None,
    )
    assert visitor.post(house.mailed_path("bo@x.example")).status_code == 303
    assert house.user("bo@x.example").email_verified_at is not None


def test_the_mail_names_nobody_before_the_address_is_proved(house: House, visitor: Visitor) -> None:
    """What a stranger typed as a name would reach somebody else's inbox under our name."""
    sent = {"first_name": "WIN", "last_name": "at evil.example", "email": "victim@x.example"}
    visitor.post("/my/register", sent)
    letter = house.letter("victim@x.example")
    assert "evil" not in letter.text + letter.html + str(letter.recipient) + letter.subject


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "", "Enter your e-mail"),
        ("email", "nobody", "address"),
        ("first_name", "", "first name"),
        ("last_name", " ", "last name"),
        ("first_name", "x" * 101, "100"),
        ("first_name", "a\u202eb", ""),
        ("phone", "12", "number"),
        ("last_name", "4111 1111 1111 1111", "card"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    house: House, visitor: Visitor, field: str, value: str, said: str
) -> None:
    sent = {"first_name": "Bo", "last_name": "Diddley", "email": "bo@x.example", "phone": ""} | {field: value}
    answer = visitor.post("/my/register", sent)
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error">([^<]*)<', answer.text)
    assert error and said in error[1]
    assert house.mails() == []


def test_a_form_without_its_token_is_refused(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    for path in ("/my/sign-in", "/my/register", house.link_for(JANE)):
        assert visitor.open(path, method="POST", data={"email": JANE}).status_code == 400
    assert house.mails() == []


# --- What is kept ---


def test_signing_in_is_written_down_and_the_secret_nowhere(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    ask(visitor, JANE)
    path = house.mailed_path(JANE)
    visitor.post(path)
    secret = path.rpartition("/")[2]
    with house.inside():
        actions = list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
        assert actions[-2:] == ["user:ask_link", "user:sign_in"]
        kept = db.session.execute(select(Message.body_text, Message.body_html, Message.data)).all()
        assert secret not in str(kept)
        tokens = db.session.scalars(select(UserToken)).all()
        assert secret.encode() not in b"".join(token.token_digest for token in tokens)


def test_signing_in_leaves_the_session_before_behind(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    before = visitor.session_cookie()
    visitor.post(house.link_for(JANE))
    assert visitor.session_cookie() != before
    with house.inside():
        assert db.session.scalar(select(func.count()).select_from(WebSession)) == 1


def test_customers_sign_in_with_a_password_too(house: House, visitor: Visitor) -> None:
    email = make_login(house.app, house.provider, "customer")
    assert visitor.sign_in(email).location == "/my/"
    assert visitor.get("/my/").status_code == 200
    assert visitor.post("/logout").location == "/my/sign-in"
    assert visitor.get("/my/").location == "/my/sign-in"
    assert visitor.sign_in(email, PASSWORD + "x").status_code == 401


def test_after_signing_in_the_page_that_was_asked_for_opens(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    visitor.get("/my/sign-in?next=/my/profile")
    assert visitor.post(house.link_for(JANE)).location == "/my/profile"
    stranger = Visitor(house.app, house.provider.host)
    stranger.get("/my/sign-in?next=https://evil.example/")
    assert stranger.post(house.link_for(JANE)).location == "/my/"


def test_the_secret_leaves_by_no_header_and_stays_in_no_cache(house: House, visitor: Visitor) -> None:
    house.customer(JANE)
    answer = visitor.get(house.link_for(JANE))
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
