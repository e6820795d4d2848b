"""The provider's look on public pages: pictures, colours, a site that is closed, host names that nobody has."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from backoffice.database import db, new_id
from backoffice.services import site_look
from backoffice.services.pictures import Shown
from backoffice.tenancy import tenant_scope
from backoffice.views.public import site
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider, make_provider
from tests.web_client import Visitor, signed_in

ADMIN = factories.actor("admin")


@pytest.fixture
def visitor(app: Flask, provider: Provider) -> Visitor:
    return Visitor(app, provider.host)


def within(app: Flask, provider: Provider, work: Callable[[], Any]) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        return commit_once(work)


def drawn(colour: tuple[int, int, int] = (15, 90, 110)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (1200, 600), colour).save(written, "PNG")
    return written.getvalue()


def hero_of(app: Flask, provider: Provider) -> Shown:
    within(app, provider, lambda: site_look.set_picture("hero", drawn(), ADMIN))
    shown = within(app, provider, site_look.read).hero
    assert shown is not None
    return shown


# --- Pictures ---


def test_a_picture_is_kept_by_browsers_for_a_year(app: Flask, provider: Provider, visitor: Visitor) -> None:
    hero = hero_of(app, provider)
    for url, width in ((hero.small_url, 480), (hero.large_url, 960)):
        answer = visitor.get(url)
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Set-Cookie" not in answer.headers
        assert Image.open(io.BytesIO(answer.data)).width == width
        again = visitor.get(url, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_another_providers_picture_is_not_found(app: Flask, provider: Provider, visitor: Visitor) -> None:
    with app.app_context():
        other = make_provider()
    url = hero_of(app, other).large_url
    assert Visitor(app, other.host).get(url).status_code == 200
    assert visitor.get(url).status_code == 404


def test_the_same_picture_of_two_providers_is_each_ones_own(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    with app.app_context():
        other = make_provider()
    assert hero_of(app, other).large_url == hero_of(app, provider).large_url
    within(app, other, lambda: site_look.remove_picture("hero", ADMIN))
    assert visitor.get(hero_of(app, provider).large_url).status_code == 200


@pytest.mark.parametrize("digest", ["0" * 64, "0", "x" * 64, "A" * 64, "0" * 65, "%00", "..%2f..%2fapp", "'"])
def test_what_is_no_picture_is_not_found(visitor: Visitor, digest: str) -> None:
    assert visitor.get(f"/picture/{digest}.webp").status_code in (400, 404)


def test_the_next_picture_has_another_address(app: Flask, provider: Provider, visitor: Visitor) -> None:
    first = hero_of(app, provider)
    within(app, provider, lambda: site_look.set_picture("hero", drawn((90, 15, 60)), ADMIN))
    assert within(app, provider, site_look.read).hero.large_url != first.large_url
    # A page that somebody has open still shows what it was made with.
    assert visitor.get(first.large_url).status_code == 200


# --- Colours ---


def sheet_of(visitor: Visitor) -> str:
    found = re.search(r"/site/\w+\.css", visitor.get("/verify/").get_data(as_text=True))
    assert found is not None
    return found[0]


def test_a_version_of_the_colours_is_kept_for_ever(app: Flask, provider: Provider, visitor: Visitor) -> None:
    old = sheet_of(visitor)
    assert visitor.get(old).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    within(app, provider, lambda: site_look.update({"colour": "#7a1f3d"}, ADMIN))
    new = sheet_of(visitor)
    assert new != old
    assert "--pine: #7a1f3d;" in visitor.get(new).get_data(as_text=True)
    # Asked for by a page that was open: the colours of now, and not for ever.
    answer = visitor.get(old)
    assert "--pine: #7a1f3d;" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_two_providers_wear_their_own_colours(app: Flask, provider: Provider, visitor: Visitor) -> None:
    with app.app_context():
        other = make_provider()
    within(app, provider, lambda: site_look.update({"colour": "#7a1f3d", "title": "Ours"}, ADMIN))
    page = Visitor(app, other.host).get("/").get_data(as_text=True)
    assert "Ours" not in page
    assert sheet_of(Visitor(app, other.host)) != sheet_of(visitor)


def test_words_are_shown_as_they_were_written(app: Flask, provider: Provider, visitor: Visitor) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    words = dict.fromkeys(("title", "subtitle", "footer", "biography"), hostile)
    within(app, provider, lambda: site_look.update(words, ADMIN))
    page = visitor.get("/").get_data(as_text=True)
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}") >= 3


def test_a_link_that_an_import_left_is_checked_before_it_is_shown(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    def leave() -> None:
        row = site_look.find()
        assert row is not None
        row.social_links = {
            "facebook": "javascript:alert(1)",
            "x": "https://x.com/us",
            "odd": "https://a.example",
        }

    within(app, provider, leave)
    page = visitor.get("/verify/").get_data(as_text=True)
    assert "javascript:" not in page
    assert "a.example" not in page
    assert 'href="https://x.com/us"' in page


# --- Open or closed ---


@pytest.fixture
def closed(app: Flask, provider: Provider) -> None:
    within(app, provider, lambda: site_look.unpublish(ADMIN))


PAGES = [
    "/",
    "/dates",
    "/calendar",
    "/companies",
    "/course/any",
    "/feed/all.ics",
    "/embed",
    "/instructor/any",
]


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", PAGES)
def test_a_closed_site_says_that_it_is_not_open(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    page = answer.get_data(as_text=True)
    assert "This site is not open yet" in page
    assert 'href="/calendar"' not in page
    assert 'href="/my/"' in page
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.usefixtures("closed")
def test_nothing_can_be_sent_to_a_closed_site(visitor: Visitor) -> None:
    answer = visitor.post("/companies", {"company": "Works"})
    assert (answer.status_code, "not open yet" in answer.get_data(as_text=True)) == (404, True)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", ["/verify/", "/login", "/my/", "/my/sign-in"])
def test_what_belongs_to_people_with_a_booking_stays_open(visitor: Visitor, path: str) -> None:
    assert "not open yet" not in visitor.get(path, follow_redirects=True).get_data(as_text=True)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", ["/pay/abc", "/names/abc", "/verify/abc", "/choice/abc"])
def test_links_that_were_mailed_go_on_working(visitor: Visitor, path: str) -> None:
    """Each answers for itself: that it does not know this one."""
    assert "not open yet" not in visitor.get(path).get_data(as_text=True)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("role", ["admin", "office", "manager"])
def test_staff_see_the_site_before_it_opens(app: Flask, provider: Provider, role: str) -> None:
    page = signed_in(app, provider, role).get("/").get_data(as_text=True)
    assert "not open yet" not in page
    assert "Only your staff see this page" in page


@pytest.mark.usefixtures("closed")
def test_a_customer_does_not_see_it_before_it_opens(app: Flask, provider: Provider) -> None:
    assert signed_in(app, provider, "customer").get("/dates").status_code == 404


def test_a_provider_that_chose_nothing_yet_is_closed(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    def forget() -> None:
        db.session.delete(site_look.find())

    within(app, provider, forget)
    site_look._known.clear()
    assert visitor.get("/").status_code == 404


def test_what_is_named_as_open_exists(app: Flask) -> None:
    assert set(app.blueprints) >= site.ALWAYS_OPEN
    assert set(app.view_functions) >= site.OF_A_BOOKING


@pytest.mark.usefixtures("closed")
def test_whoever_holds_places_goes_on_to_the_end(visitor: Visitor) -> None:
    """The pages answer for themselves: this visitor holds none."""
    for page in ("terms", "done", "booking.ics"):
        answer = visitor.get(f"/book/{new_id()}/{page}", follow_redirects=False)
        assert "not open yet" not in answer.get_data(as_text=True)


def test_without_the_gate_a_closed_site_is_seen(
    app: Flask, closed: None, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(site, "belongs_to_site", lambda: False)
    assert visitor.get("/").status_code == 200


# --- Host names ---


@pytest.mark.parametrize(
    "path", ["/", "/dates", "/login", "/verify/", "/my/", "/embed", "/admin/site/", "/api/"]
)
@pytest.mark.parametrize(
    "host", ["nobody.test", "127.0.0.2", "xn--80ak6aa92e.test", "provider-1.test.evil.example"]
)
def test_an_unknown_host_gets_nothing(app: Flask, provider: Provider, path: str, host: str) -> None:
    answer = Visitor(app, host).get(path)
    assert answer.status_code == 404
    page = answer.get_data(as_text=True)
    assert "No training provider lives at this address." in page
    assert provider.slug not in page
    assert "Set-Cookie" not in answer.headers


def test_an_unknown_host_gets_no_picture_and_no_colours(
    app: Flask, provider: Provider, visitor: Visitor
) -> None:
    url, sheet = hero_of(app, provider).large_url, sheet_of(visitor)
    assert [Visitor(app, "nobody.test").get(each).status_code for each in (url, sheet)] == [404, 404]
