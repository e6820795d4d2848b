"""A name that is a script is a name, on every page that shows it (G4): what a browser would run is looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from jinja2.environment import create_cache
from sqlalchemy import create_engine

from backoffice import create_app
from backoffice.database import db
from backoffice.tenancy import tenant_scope
from tests.factories import make_provider
from tests.guards.crawl import SESSION_PAGES, Page, nouns, pages
from tests.guards.twins import Ids, ids_of, make_twin
from tests.servers import MakeDatabase, settings_for
from tests.web_client import Visitor

SCRIPT = "<script>alert(1)</script>"
PICTURE = "\"'><img src=x onerror=alert(1)>"


# A list, a record, a form and a page that asks, of most nouns: their own part of the page shows a name.
SHOWING = {
    *("bookings.index_view", "bookings.details_view", "bookings.move", "bookings.name_attendee"),
    *("customers.index_view", "customers.details_view", "customers.edit_view", "customers.archive"),
    *("courses.index_view", "courses.details_view", "courses.edit_view", "courses.archive"),
    *("venues.index_view", "venues.details_view", "venues.edit_view", "venues.archive"),
    *("instructors.index_view", "instructors.details_view", "instructors.edit_view", "instructors.archive"),
    *("companies.index_view", "companies.details_view", "companies.edit_view", "users.deactivate"),
    *("schedules.index_view", "schedules.details_view", "schedules.edit_view", "schedules.cancel"),
    *("payments.details_view", "refunds.details_view", "booking_groups.details_view"),
    *("messages.details_view", "imports.details_view", "audit_events.index_view", "desk.desk_page"),
}


class _Finder(HTMLParser):
    """The elements that only a name of ours can have brought to life, also those of a frame within the page."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        values = dict(attrs)
        if "onerror" in values:
            self.live.append(self.get_starttag_text() or tag)
        self.live += live_markup(values.get("srcdoc") or "")

    def handle_data(self, data: str) -> None:
        if self._tag == "script" and "alert(1)" in data:
            self.live.append(data)


def live_markup(html: str) -> list[str]:
    """What of the names a browser would run."""
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return finder.live


class House:
    """A provider all of whose words are hostile, and its administrator."""

    def __init__(self, app: Flask, visitor: Visitor, ids: Ids, word: str) -> None:
        self.app, self.visitor, self.ids, self.word = app, visitor, ids, word

    def look(self) -> Iterator[tuple[str, str]]:
        """The endpoint and the HTML of every page that opens, with a row of its own where it takes one."""
        for page in pages(self.app):
            if page.endpoint in SESSION_PAGES:
                continue
            for query in self._queries(page):
                answer = self.visitor.get(page.paths(self.ids)[0], query_string=query)
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    yield page.endpoint, answer.text
                    break

    def _queries(self, page: Page) -> list[dict[str, str]]:
        """The screen's own rows, one after the other: not every user is a customer."""
        own = self.ids.get(page.model.__tablename__, []) if page.model is not None else []
        return [nouns(self.ids) | {"id": str(row_id)} for row_id in own] or [nouns(self.ids)]


@pytest.fixture(scope="module", params=[SCRIPT, PICTURE], ids=["script", "picture"])
def house(
    make_database: MakeDatabase, redis_url: str, server_folder: Any, request: pytest.FixtureRequest
) -> Iterator[House]:
    urls = make_database()
    app = create_app(settings_for(urls, server_folder, redis_url))
    with app.app_context():
        provider = make_provider(name=request.param)
        with tenant_scope(provider.id):
            make_twin(request.param)
            db.session.remove()
    owner = create_engine(urls.owner)
    visitor = Visitor(app, provider.host)
    assert visitor.sign_in("admin@twin.example").status_code == 303
    yield House(app, visitor, ids_of(owner, provider.id), request.param)
    owner.dispose()
    with app.app_context():
        db.engine.dispose()


@contextmanager
def without_escaping(app: Flask) -> Iterator[None]:
    """Templates are compiled anew, with the guard off, for as long as this lasts."""
    environment = app.jinja_env
    before = environment.autoescape, environment.cache
    environment.autoescape, environment.cache = False, create_cache(400)
    try:
        yield
    finally:
        environment.autoescape, environment.cache = before


def test_a_hostile_name_is_text_on_every_page(house: House) -> None:
    found = {endpoint: live_markup(html) for endpoint, html in house.look()}
    assert len(found) > 80
    assert {endpoint: live for endpoint, live in found.items() if live} == {}


def test_without_escaping_the_same_pages_are_live(house: House) -> None:
    """The control of the test above. Each page names the provider and who is signed in; most name more."""
    with without_escaping(house.app):
        found = dict(house.look())
    assert [endpoint for endpoint, html in found.items() if not live_markup(html)] == []
    alive = {endpoint for endpoint, html in found.items() if live_markup(html.partition("<main")[2])}
    assert len(alive) > 60 and alive >= SHOWING


def test_a_hostile_name_is_text_in_what_is_said_after_saving(house: House) -> None:
    assert live_markup(said_after_saving(house, house.word)) == []


def test_without_escaping_what_is_said_after_saving_is_live(house: House) -> None:
    """The control of the test above."""
    with without_escaping(house.app):
        assert live_markup(said_after_saving(house, f"{house.word} again")) != []


def said_after_saving(house: House, name: str) -> str:
    """The part of the next page that says what was done."""
    answer = house.visitor.post("/admin/companies/new/", {"name": name, "payment_days": "30"})
    assert answer.status_code == 302
    said = house.visitor.get(answer.location).text.partition('<div role="status">')[2].partition("<h1")[0]
    assert "saved: " in said
    return said
