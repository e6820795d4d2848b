"""How a page says no: to people, to scripts, and in the menu."""

import pytest
from flask import Flask

from backoffice.domain.permissions import ROLES
from backoffice.views.access import Needs, screen
from backoffice.views.landing import home_of
from tests.factories import Provider
from tests.web_client import Visitor, signed_in

JSON = {"Accept": "application/json"}
STAFF = "/admin/users/"


def test_a_signed_out_person_is_led_to_the_sign_in_page_and_back(app: Flask, provider: Provider) -> None:
    answer = Visitor(app, provider.host).get(STAFF)
    assert (answer.status_code, answer.location) == (302, f"/login?next={STAFF}")


def test_a_signed_out_script_is_told_in_json(app: Flask, provider: Provider) -> None:
    answer = Visitor(app, provider.host).get(STAFF, headers=JSON)
    assert answer.status_code == 401
    assert answer.json == {
        "error": {"code": "http_401", "message": "You are signed out. Sign in, then try again."}
    }


def test_a_form_sent_after_signing_out_says_so(app: Flask, provider: Provider) -> None:
    answer = Visitor(app, provider.host).post(f"{STAFF}new/", {"email": "a@x.example"})
    assert answer.status_code == 401
    assert "You are signed out" in answer.text


def test_a_page_of_another_role_is_a_plain_no(app: Flask, provider: Provider) -> None:
    visitor = signed_in(app, provider, "office")
    answer = visitor.get(STAFF)
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.text
    told = visitor.get(STAFF, headers=JSON)
    assert told.json is not None and told.json["error"]["code"] == "http_403"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "customer"])  # they use the public site
def test_the_menu_leads_only_where_one_may_go(app: Flask, provider: Provider, role: str) -> None:
    visitor = signed_in(app, provider, role)
    home = visitor.get(home_of(role)).text
    menu = home[home.index('<nav class="sidebar"') : home.index("</nav>", home.index('<nav class="sidebar"'))]
    links = [part.partition('"')[0] for part in menu.split('href="')[1:]]
    assert [link for link in links if visitor.get(link).status_code != 200] == []
    assert (STAFF in links) == (role in ("admin", "manager"))


def test_a_screen_lists_all_its_stock_pages_and_opens_only_what_it_says() -> None:
    pages = screen("venues", "catalogue.read", archive=Needs("catalogue.edit", "catalogue.edit"))
    assert pages["venues.index_view"] == Needs("catalogue.read")
    assert pages["venues.archive"].change == "catalogue.edit"
    for closed in ("create_view", "edit_view", "delete_view", "ajax_lookup"):
        assert pages[f"venues.{closed}"].of("GET") is pages[f"venues.{closed}"].of("POST") is None


def test_every_answer_carries_the_headers_that_bind_a_browser(app: Flask, provider: Provider) -> None:
    visitor = signed_in(app, provider, "admin")
    for path, status in ((STAFF, 200), ("/nothing", 404), ("/login", 302)):
        answer = visitor.get(path)
        assert answer.status_code == status
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self' 'nonce-" in policy
        assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Flask, provider: Provider
) -> None:
    visitor = Visitor(app, provider.host)
    cookies = visitor.get("/login").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
