"""Every page that the public may open: no violation that axe finds, and nothing wider than a telephone, in each language.

The pages are those of the url map: a page that is added and not looked at here fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.routing import MapAdapter

from backoffice.services import sign_in, user_tokens
from backoffice.views.access import ACCESS, PUBLIC
from backoffice.views.language import LANGUAGES
from tests import public_world
from tests.browser_kit import SIZES, OpenPage, check_page
from tests.public_world import JANE, PublicWorld
from tests.whole_program import MAIL_SECONDS, House, Program

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOM = "backoffice.views.public."
OWN = "own.read"
# What programs fetch, and addresses that only lead on; a test below opens each.
NO_PAGES = {
    "booking.calendar", "certificate.download", "embed.script", "feeds.everything", "feeds.of_course", "feeds.of_venue",
    "live.places", "live.stream", "my.calendar_feed", "my.calendar_file", "my.certificate", "my.own_certificate",
    "pay.state", "picture.content", "site.style", "terms.home", "verify.logo", "waiting.answered",
}  # fmt: skip
# What these want in their addresses says nothing that a test must know.
ANYTHING = {
    "my.calendar_feed": {"token": "x"},
    "picture.content": {"digest": "0" * 64},
    "site.style": {"version": "x"},
}
STRANGERS = (
    "catalogue.home", "catalogue.date_list", "course.page", "calendar.month", "embed.frame", "instructor.page",
    "companies_public.form", "companies_public.thanks", "companies_public.follow", "terms.current", "terms.version",
    "verify.form", "verify.by_code", "waiting.join_page", "waiting.joined", "waiting.page", "choice.page",
    "names.page", "review.page", "my.sign_in", "my.register", "my.sent", "my.booking", "my.name_page",
    "my.cancel_page", "my.move_page", "my.booking_receipt",
)  # fmt: skip
OWNERS = ("my.home", "my.payments", "my.receipt", "my.certificates", "my.calendar", "my.profile")


def public_endpoints(app: Flask) -> set[str]:
    """What may be opened by everybody, or by customers about themselves, and is of the public site."""
    found = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    return {
        each
        for each in found
        if app.view_functions[each].__module__.startswith(ROOM)
        and (needs := ACCESS.get(each))
        and needs.look in (PUBLIC, OWN)
    }


class Looker:
    """Opens pages in one language, and notes which it saw and what was wrong with them."""

    def __init__(self, page: Page, urls: MapAdapter, world: PublicWorld, language: str) -> None:
        self.page, self.urls, self.world, self.language = page, urls, world, language
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    def open(self, endpoint: str) -> None:
        answer = self.page.goto(self.urls.build(endpoint, self.world.at.get(endpoint), force_external=True))
        if answer is None or answer.status != 200:
            self.wrong.append(f"{endpoint}: status {answer and answer.status}")
        self.look(endpoint)

    def look(self, endpoint: str) -> None:
        """At the page as it stands, wide and narrow."""
        arrived = self.urls.match(urlsplit(self.page.url).path, "GET")[0]
        if arrived != endpoint:
            self.wrong.append(f"{endpoint} led to {arrived}")
        self.seen.add(arrived)
        spoken = self.page.locator("html").get_attribute("lang") or ""
        if spoken.partition("-")[0] != self.language:
            self.wrong.append(f"{endpoint} speaks {spoken}")
        for width, height in SIZES:
            self.page.set_viewport_size({"width": width, "height": height})
            self._check(f"{endpoint} at {width}")

    def _check(self, where: str) -> None:
        try:
            check_page(self.page)
        except AssertionError as fault:
            self.wrong.append(f"{where}: {str(fault)[:400]}")


@pytest.fixture
def world(house: House) -> PublicWorld:
    made: PublicWorld = house.inside(public_world.make)
    made.at |= ANYTHING
    return made


@pytest.fixture
def urls(app: Flask, site: str) -> MapAdapter:
    return app.url_map.bind(urlsplit(site).netloc)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_public_page_is_accessible_and_fits(
    open_page: OpenPage,
    app: Flask,
    house: House,
    program: Program,
    world: PublicWorld,
    urls: MapAdapter,
    language: str,
) -> None:
    looker = Looker(open_page(None, locale=language), urls, world, language)
    for endpoint in STRANGERS:
        looker.open(endpoint)
    book(looker, program.run["simulators"])
    enter(looker, house)
    for endpoint in OWNERS:
        looker.open(endpoint)
    assert looker.wrong == []
    assert looker.seen == public_endpoints(app) - NO_PAGES


def book(looker: Looker, gateway: str) -> None:
    """Through the pages that only somebody who books comes to."""
    page = looker.page
    looker.open("booking.page")
    for field, words in (("first_name", "Nina"), ("last_name", "New"), ("email", "nina@mail.example")):
        page.locator(f"#{field}").fill(words)
    page.locator('[id="people.0.birth_date"]').fill("3/4/1990")
    page.locator("#is_prepared").check()
    page.locator(".booking-go button").click()
    page.wait_for_url("**/terms")
    looker.look("booking.terms_page")
    page.locator("input[name=text]").check()
    page.locator(".booking-go button").click()
    page.wait_for_url("**/pay/*")
    looker.look("pay.page")
    pay(looker, gateway)
    expect(page).to_have_url(re.compile("/done$"), timeout=MAIL_SECONDS * 1000)
    looker.look("booking.done")


def pay(looker: Looker, gateway: str) -> None:
    """The page that leads on stays while the gateway says nothing; the one that waits, while nobody has paid."""
    page = looker.page
    page.route(f"{gateway}/**", lambda route: route.fulfill(status=204))
    page.locator("form.way button").first.click()
    page.wait_for_url("**/go")
    looker.look("pay.go")
    on = page.locator("main a.button").get_attribute("href")
    page.goto(page.url.removesuffix("go") + "back")
    looker.look("pay.back")
    page.unroute(f"{gateway}/**")
    page.goto(str(on))
    page.get_by_role("button", name=re.compile("^Pay £")).click()


def enter(looker: Looker, house: House) -> None:
    """Sign Jane in by a mailed link."""

    def make_link() -> Mapping[str, Any]:
        jane = sign_in.find_by_email(JANE)
        assert jane is not None
        token = user_tokens.make_token(jane, "sign_in")
        sign_in.db.session.commit()
        return {"token": token}

    looker.world.at["my.enter"] = dict(house.inside(make_link))
    looker.open("my.enter")
    looker.page.locator("main form button").first.click()
    looker.page.wait_for_url("**/my/")


def test_what_is_no_page_shows_none(app: Flask, house: House, world: PublicWorld, urls: MapAdapter) -> None:
    """So that nobody keeps a page from the test above by putting it on that list."""
    assert public_endpoints(app) >= NO_PAGES
    for endpoint in sorted(NO_PAGES):
        path = urls.build(endpoint, world.at.get(endpoint))
        with house.fetch(path, stream=True) as answer:
            is_page = answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]
        assert not is_page, endpoint
