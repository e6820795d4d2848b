"""Signing in and out, and the links of mails."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Message, User, UserToken, WebSession
from backoffice.services import rate_limits, sign_in, users
from backoffice.tenancy import tenant_scope
from backoffice.views import login
from backoffice.views.login import local_target
from tests.factories import Provider, actor, make_provider
from tests.web_client import PASSWORD, Visitor, make_login, signed_in

JSON = {"Accept": "application/json"}
HOME = "/admin/"
Inside = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


@pytest.fixture
def inside(app: Flask, provider: Provider) -> Inside:
    """The provider's scope for a moment: a client call must not find one open."""

    @contextmanager
    def enter() -> Any:
        with app.app_context(), tenant_scope(provider.id):
            yield
            db.session.commit()
            db.session.remove()

    return enter


def user_of(email: str) -> User:
    user = sign_in.find_by_email(email)
    assert user is not None
    return user


def make_link(inside: Inside, email: str, purpose: str) -> str:
    with inside():
        token = users.make_token(user_of(email), purpose)
    return f"/invitation/{token}" if purpose == "invitation" else f"/password/reset/{token}"


# --- In ---


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("admin", "/admin/"),
        ("office", "/admin/"),
        ("manager", "/admin/"),
        ("instructor", "/admin/my-dates/"),
        ("customer", "/my/"),
        ("operator", "/admin/tenants/"),
    ],
)
def test_everybody_lands_on_their_own_page(
    app: Flask, provider: Provider, visitor: Visitor, role: str, page: str
) -> None:
    answer = visitor.sign_in(make_login(app, provider, role))
    assert (answer.status_code, answer.location) == (303, page)
    assert visitor.get(page).status_code == 200


@pytest.mark.parametrize(
    ("role", "page"),
    [("instructor", "/admin/my-dates/"), ("customer", "/my/"), ("operator", "/admin/tenants/")],
)
def test_the_entrance_leads_those_without_a_desk_to_their_own_page(
    app: Flask, provider: Provider, role: str, page: str
) -> None:
    answer = signed_in(app, provider, role).get(HOME)
    assert (answer.status_code, answer.location) == (302, page)


def test_the_address_may_be_typed_in_capitals_and_with_spaces(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    assert visitor.sign_in(f"  {email.upper()} ").status_code == 303


def test_a_wrong_password_is_said_on_the_form_with_the_address_kept(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    answer = visitor.sign_in(email, "wrong horse 7")
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert f'value="{email}"' in answer.text
    assert "wrong horse 7" not in answer.text
    assert visitor.get(HOME).status_code == 302


def test_known_and_unknown_addresses_are_told_the_same(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider)
    known = visitor.sign_in(email, "wrong horse 7", headers=JSON)
    unknown = visitor.sign_in("nobody@x.example", "wrong horse 7", headers=JSON)
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)


def test_an_unknown_address_costs_a_hash_too(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is not measured here but counted: each try verifies exactly one hash."""
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, stored: str, typed: str) -> bool:
        verified.append(stored)
        return verify(hasher, stored, typed)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for email in (
        make_login(app, provider),
        "nobody@x.example",
        make_login(app, provider, password_hash=None),
    ):
        visitor.sign_in(email, "wrong horse 7")
    assert len(verified) == 3
    assert len({text.rpartition("$")[0].split("$")[3] for text in verified}) == 1  # the same cost


@pytest.mark.parametrize("values", [{"is_active": False}, {"archived_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_who_was_shut_out_is_told_what_strangers_are(
    app: Flask, provider: Provider, visitor: Visitor, values: dict
) -> None:
    answer = visitor.sign_in(make_login(app, provider, **values))
    assert answer.status_code == 401
    assert "do not fit together" in answer.text


def test_a_login_is_worth_nothing_at_another_provider(app: Flask, provider: Provider) -> None:
    with app.app_context():
        other = make_provider()
    email = make_login(app, provider)
    assert Visitor(app, other.host).sign_in(email).status_code == 401
    here, there = signed_in(app, provider, "admin"), Visitor(app, other.host)
    there.carry(here.session_cookie())
    assert there.get(HOME).status_code == 302


# --- Where to, afterwards (G11) ---

FOREIGN = [
    "//evil",
    "/\\evil",
    "\\\\evil",
    "https:evil",
    "https://evil",
    "%2f%2fevil",
    "javascript:alert(1)",
    "http://a.test@evil",
    "/\t/evil",
    " //evil",
    "/a\nb",
    "evil",
    "",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("target", FOREIGN)
def test_signing_in_never_leads_to_another_site(
    app: Flask, provider: Provider, visitor: Visitor, target: str
) -> None:
    assert local_target(target) is None
    email = make_login(app, provider)
    answer = visitor.post("/login", {"email": email, "password": PASSWORD, "next": target})
    assert answer.location == HOME


def test_without_the_check_signing_in_leads_to_another_site(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(login, "local_target", lambda text: text)
    data = {"email": make_login(app, provider), "password": PASSWORD, "next": "//evil"}
    assert visitor.post("/login", data).location == "//evil"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    asked = visitor.get("/admin/users/?role=office")
    assert asked.status_code == 302
    assert asked.location == "/login?next=/admin/users/?role%3Doffice"
    data = {
        "email": make_login(app, provider, "admin"),
        "password": PASSWORD,
        "next": "/admin/users/?role=office",
    }
    assert visitor.post("/login", data).location == "/admin/users/?role=office"


# --- The session (O8, O9) ---


def test_a_session_begins_with_a_new_id_and_ends_the_one_before(app: Flask, provider: Provider) -> None:
    visitor = signed_in(app, provider, "admin")
    first = visitor.session_cookie()
    visitor.sign_in(make_login(app, provider, "admin"))
    assert visitor.session_cookie() != first
    assert visitor.get(HOME).status_code == 200
    thief = Visitor(app, provider.host)
    thief.carry(first)
    assert thief.get(HOME).status_code == 302


def test_a_planted_session_is_not_the_one_that_gets_signed_in(app: Flask, provider: Provider) -> None:
    attacker, victim = Visitor(app, provider.host), Visitor(app, provider.host)
    attacker.token()
    planted = attacker.session_cookie()
    victim.carry(planted)
    assert victim.sign_in(make_login(app, provider, "admin")).status_code == 303
    assert attacker.get(HOME).status_code == 302
    assert victim.session_cookie() != planted


def test_signing_out_kills_every_copy_of_the_cookie(app: Flask, provider: Provider) -> None:
    visitor, thief = signed_in(app, provider, "admin"), Visitor(app, provider.host)
    thief.carry(visitor.session_cookie())
    assert thief.get(HOME).status_code == 200  # the copy is good until then
    answer = visitor.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "signed out" in visitor.get("/login").text
    assert thief.get(HOME).status_code == 302
    assert thief.get(HOME, headers=JSON).status_code == 401


def test_signing_out_by_a_link_does_nothing(app: Flask, provider: Provider) -> None:
    visitor = signed_in(app, provider, "admin")
    assert visitor.get("/logout").status_code == 405
    assert visitor.get(HOME).status_code == 200


def _deactivate(user: User) -> None:
    user.is_active = False


def _new_password(user: User) -> None:
    users.set_password(user, "another horse 8", actor())


def _archive(user: User) -> None:
    user.archived_at = datetime.now(UTC)


@pytest.mark.parametrize("change", [_deactivate, _new_password, _archive])
def test_a_stolen_cookie_dies_with_the_change(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside, change: Callable[[User], None]
) -> None:
    email = make_login(app, provider)
    visitor.sign_in(email)
    assert visitor.get(HOME).status_code == 200
    with inside():
        change(user_of(email))
    assert visitor.get(HOME, headers=JSON).status_code == 401


def test_a_role_changed_elsewhere_holds_on_the_next_request(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    email = make_login(app, provider, "admin")
    visitor.sign_in(email)
    assert visitor.get("/admin/users/").status_code == 200
    with inside():  # past the service, so that the session goes on
        db.session.execute(update(User).where(User.email == email).values(role="office"))
    assert visitor.get("/admin/users/").status_code == 403


def test_a_session_lasts_twelve_hours_after_its_last_use(app: Flask, provider: Provider) -> None:
    start = datetime.now(UTC)
    visitor = signed_in(app, provider, "admin")
    with time_machine.travel(start + timedelta(hours=11)):
        assert visitor.get(HOME).status_code == 200
    with time_machine.travel(start + timedelta(hours=22)):
        assert visitor.get(HOME).status_code == 200
    with time_machine.travel(start + timedelta(hours=34, minutes=5)):
        assert visitor.get(HOME, headers=JSON).status_code == 401


def test_the_sign_in_before_this_one_is_shown_as_long_as_the_session_lasts(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    email = make_login(app, provider, "admin")
    with time_machine.travel(datetime(2026, 3, 3, 9, 0, tzinfo=UTC)):
        visitor.sign_in(email)
        assert "last sign-in" not in visitor.get(HOME).text
    with time_machine.travel(datetime(2026, 3, 4, 9, 0, tzinfo=UTC)):
        visitor.sign_in(email)
        for _ in range(2):
            assert "last sign-in Tue 3 Mar 2026, 09:00" in visitor.get(HOME).text


def test_signing_in_is_no_edit_of_the_person(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    email = make_login(app, provider)
    with inside():
        before = user_of(email).version
    visitor.sign_in(email)
    with inside():
        assert user_of(email).version == before


def test_the_database_holds_no_token_of_a_session(app: Flask, provider: Provider, inside: Inside) -> None:
    visitor = signed_in(app, provider)
    with inside():
        stored = db.session.scalars(select(WebSession.token_digest)).one()
    token = visitor.session_token()
    assert len(token) > 40
    assert stored == sign_in.digest(token) != token.encode()


# --- A form that was open meanwhile (G3) ---


def test_an_open_form_is_sent_after_signing_in_again(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    email = make_login(app, provider, "admin")
    visitor.sign_in(email)
    token = visitor.token()
    with inside():
        sign_in.end_sessions_of(user_of(email).id)
    form = {"csrf_token": token, "email": "new@x.example", "role": "office"}
    lost = visitor.open("/admin/users/new/", method="POST", data=form, headers=JSON)
    assert lost.status_code == 401
    again = visitor.open(
        "/login",
        method="POST",
        data={"csrf_token": token, "email": email, "password": PASSWORD},
        headers=JSON,
    )
    assert again.status_code == 200
    assert again.json is not None and again.json["csrf_token"]
    assert visitor.open("/admin/users/new/", method="POST", data=form).status_code == 302


def test_the_token_of_a_form_lives_as_long_as_its_session(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    start = datetime.now(UTC)
    visitor.sign_in(make_login(app, provider, "admin"))
    form = {"csrf_token": visitor.token(), "email": "late@x.example", "role": "office"}
    with time_machine.travel(start + timedelta(hours=2)):
        assert visitor.open("/admin/users/new/", method="POST", data=form).status_code == 302
    with time_machine.travel(start + timedelta(hours=13, minutes=50)):
        assert visitor.open("/admin/users/new/", method="POST", data=form).status_code == 409  # taken


def test_with_the_stock_hour_the_token_dies_before_its_form_is_sent(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setitem(app.config, "WTF_CSRF_TIME_LIMIT", 3600)
    visitor.sign_in(make_login(app, provider, "admin"))
    form = {"csrf_token": visitor.token(), "email": "late@x.example", "role": "office"}
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        assert visitor.open("/admin/users/new/", method="POST", data=form).status_code == 400


@pytest.mark.parametrize("same_person", [True, False])
def test_a_token_of_another_session_is_refused(app: Flask, provider: Provider, same_person: bool) -> None:
    email = make_login(app, provider, "admin")
    one, two = Visitor(app, provider.host), Visitor(app, provider.host)
    one.sign_in(email)
    two.sign_in(email if same_person else make_login(app, provider, "admin"))
    form = {"csrf_token": one.token(), "email": "forged@x.example", "role": "office"}
    assert two.open("/admin/users/new/", method="POST", data=form).status_code == 400
    assert one.open("/admin/users/new/", method="POST", data=form).status_code == 302  # the control


def test_the_next_person_at_the_same_browser_has_another_token(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    visitor.sign_in(make_login(app, provider, "admin"))
    first = visitor.token()
    visitor.sign_in(make_login(app, provider, "admin"))
    form = {"csrf_token": first, "email": "forged@x.example", "role": "office"}
    assert visitor.open("/admin/users/new/", method="POST", data=form).status_code == 400


def test_a_script_is_told_in_json(app: Flask, provider: Provider, visitor: Visitor) -> None:
    email = make_login(app, provider)
    wrong = visitor.sign_in(email, "wrong horse 7", headers=JSON)
    assert wrong.status_code == 401
    assert wrong.json is not None and "do not fit" in wrong.json["error"]["message"]
    right = visitor.sign_in(email, headers=JSON)
    assert right.status_code == 200
    assert right.json is not None and right.json["csrf_token"]


# --- Too many tries (O1) ---


def test_the_eleventh_wrong_password_is_refused_and_the_right_one_with_it(
    app: Flask, provider: Provider
) -> None:
    email = make_login(app, provider)
    visitor = Visitor(app, provider.host)
    statuses = [
        visitor.sign_in(email, f"wrong horse {n}", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    refused = visitor.sign_in(email)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert Visitor(app, provider.host, "192.0.2.99").sign_in(email).status_code == 429
    assert visitor.sign_in(make_login(app, provider)).status_code == 303  # others are free


def test_without_the_limit_a_password_is_guessed_on(
    app: Flask, provider: Provider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr(rate_limits, "PER_ACCOUNT", 1000)
    email = make_login(app, provider)
    assert {visitor.sign_in(email, f"wrong horse {n}").status_code for n in range(12)} == {401}
    assert visitor.sign_in(email).status_code == 303


def test_an_unknown_address_is_refused_as_a_known_one(app: Flask, provider: Provider) -> None:
    visitor = Visitor(app, provider.host)
    statuses = [visitor.sign_in("nobody@x.example", "wrong horse 7").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_the_limit_of_an_account_is_gone_after_five_minutes(
    app: Flask, provider: Provider, inside: Inside
) -> None:
    email = make_login(app, provider)
    visitor = Visitor(app, provider.host)
    for _ in range(11):
        visitor.sign_in(email, "wrong horse 7")
    with inside():
        left = rate_limits.counters().seconds_left(rate_limits.sign_in_limits(email, None)[0].key)
    assert 200 < left <= 300


def test_successes_do_not_count(app: Flask, provider: Provider, visitor: Visitor) -> None:
    email = make_login(app, provider)
    assert {visitor.sign_in(email).status_code for _ in range(15)} == {303}
    for _ in range(9):
        visitor.sign_in(email, "wrong horse 7")
    assert visitor.sign_in(email).status_code == 303


def test_one_address_fails_fifty_times_over_all_accounts(app: Flask, provider: Provider) -> None:
    visitor = Visitor(app, provider.host, "192.0.2.50")
    statuses = [visitor.sign_in(f"guess{n}@x.example", "wrong horse 7").status_code for n in range(51)]
    assert statuses == [401] * 50 + [429]
    email = make_login(app, provider)
    assert visitor.sign_in(email).status_code == 429
    assert Visitor(app, provider.host, "192.0.2.51").sign_in(email).status_code == 303


def test_an_ipv6_network_counts_as_one_address(inside: Inside) -> None:
    with inside():
        one = rate_limits.sign_in_limits("a@x.example", "2001:db8::1")[1]
        near = rate_limits.sign_in_limits("b@x.example", "2001:db8::2")[1]
        far = rate_limits.sign_in_limits("b@x.example", "2001:db8:0:1::2")[1]
    assert one.key == near.key != far.key


def test_failures_are_counted_without_redis_too(inside: Inside) -> None:
    counters = rate_limits.Counters("redis://127.0.0.1:1")
    assert [counters.add("x", 1) for _ in range(3)] == [1, 2, 3]
    assert counters.add("x", -1) == 2
    assert 0 < counters.seconds_left("x") <= rate_limits.WINDOW_SECONDS


# --- Forgotten passwords and invitations (O4) ---


def mails_to(email: str) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.recipient == email)))


def test_a_forgotten_password_is_answered_alike_for_every_address(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    known, shut_out = make_login(app, provider), make_login(app, provider, is_active=False)
    answers = [
        visitor.post("/password/forgot", {"email": email}) for email in (known, "nobody@x.example", shut_out)
    ]
    texts = {
        a.text.replace(e, "…") for a, e in zip(answers, (known, "nobody@x.example", shut_out), strict=True)
    }
    assert {a.status_code for a in answers} == {200}
    assert len({_without_nonce(text) for text in texts}) == 1
    with inside():
        assert [mail.template for mail in mails_to(known)] == ["password_reset"]
        assert mails_to("nobody@x.example") == mails_to(shut_out) == []


def _without_nonce(text: str) -> str:
    return re.sub(r'nonce="[^"]*"', "", text)


def test_a_mail_row_holds_no_secret(app: Flask, provider: Provider, visitor: Visitor, inside: Inside) -> None:
    email = make_login(app, provider)
    visitor.post("/password/forgot", {"email": email})
    with inside():
        mail = mails_to(email)[0]
        assert mail.body_text is mail.body_html is None
        assert "token" not in str(mail.data)
        assert db.session.scalars(select(UserToken)).all() == []


def test_nobodys_inbox_is_filled_from_outside(app: Flask, provider: Provider, visitor: Visitor) -> None:
    email = make_login(app, provider)
    statuses = [visitor.post("/password/forgot", {"email": email}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize("purpose", ["invitation", "password_reset"])
def test_a_link_sets_a_password_once_and_ends_all_sessions(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside, purpose: str
) -> None:
    email = make_login(app, provider)
    elsewhere = Visitor(app, provider.host)
    elsewhere.sign_in(email)
    link = make_link(inside, email, purpose)
    chosen = {"password": "violet kettle 42", "again": "violet kettle 42"}
    assert visitor.open(link, method="HEAD").status_code == 200  # as a program that looks at mails does
    assert visitor.get(link).status_code == 200
    done = visitor.post(link, chosen)
    assert done.status_code == 303
    assert visitor.get(done.location).status_code == 200
    assert elsewhere.get(HOME, headers=JSON).status_code == 401
    assert visitor.sign_in(email).status_code == 401
    assert visitor.sign_in(email, "violet kettle 42").status_code == 303
    assert visitor.get(link).status_code == 410
    assert visitor.post(link, chosen).status_code == 410


@pytest.mark.parametrize(
    ("purpose", "life"), [("invitation", timedelta(days=7)), ("password_reset", timedelta(hours=2))]
)
def test_a_link_ends_with_its_time(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside, purpose: str, life: timedelta
) -> None:
    link = make_link(inside, make_login(app, provider), purpose)
    start = datetime.now(UTC)
    with time_machine.travel(start + life - timedelta(minutes=1)):
        assert visitor.get(link).status_code == 200
    with time_machine.travel(start + life + timedelta(minutes=1)):
        assert visitor.get(link).status_code == 410


def test_a_link_of_one_purpose_or_provider_is_none_of_another(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    link = make_link(inside, make_login(app, provider), "password_reset")
    assert visitor.get(link.replace("/password/reset/", "/invitation/")).status_code == 410
    with app.app_context():
        other = make_provider()
    assert Visitor(app, other.host).get(link).status_code == 410
    assert visitor.get(link).status_code == 200


def test_who_was_shut_out_has_no_use_for_a_link(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    email = make_login(app, provider)
    link = make_link(inside, email, "password_reset")
    with inside():
        _deactivate(user_of(email))
    assert visitor.get(link).status_code == 410


@pytest.mark.parametrize(
    "password",
    ["short1", "onlyletters", "1234567890", "password1", "Password123!", "aaaaaaaa1", "ann2026", "x1" * 101],
)
def test_a_weak_password_is_refused_beside_its_field(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside, password: str
) -> None:
    email = make_login(app, provider)
    link = make_link(inside, email, "password_reset")
    answer = visitor.post(link, {"password": password, "again": password})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert visitor.get(link).status_code == 200
    assert visitor.sign_in(email).status_code == 303


def test_two_different_passwords_are_refused(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    link = make_link(inside, make_login(app, provider), "password_reset")
    answer = visitor.post(link, {"password": "violet kettle 42", "again": "violet kettle 43"})
    assert answer.status_code == 422
    assert "differ" in answer.text


def test_the_secret_of_a_link_is_in_no_log(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    link = make_link(inside, make_login(app, provider), "password_reset")
    with caplog.at_level("INFO"):
        visitor.get(link)
    logged = [record.__dict__.get("path") for record in caplog.records]
    assert "/password/reset/…" in logged
    assert link not in logged


# --- Who asks ---


def test_an_unknown_host_is_told_nothing(app: Flask) -> None:
    answer = Visitor(app, "nobody.example").get("/login")
    assert answer.status_code == 404
    assert "No training provider lives at this address" in answer.text
    assert "Sign in" not in answer.text


def test_forwarded_addresses_are_not_believed(
    app: Flask, provider: Provider, visitor: Visitor, inside: Inside
) -> None:
    email = make_login(app, provider)
    visitor.sign_in(email, headers={"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"})
    with inside():
        assert user_of(email).last_sign_in_address == "192.0.2.1"


def test_a_form_of_another_site_is_refused(app: Flask, provider: Provider, visitor: Visitor) -> None:
    email = make_login(app, provider)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = visitor.sign_in(email, headers=headers)
        assert answer.status_code == 403 and "sent by another site" in answer.get_data(as_text=True)
    good = {"Origin": f"http://{provider.host}", "Sec-Fetch-Site": "same-origin"}
    assert visitor.sign_in(email, headers=good).status_code == 303
