"""Whatever is typed, pasted or forged: a refusal, never an accident, and nothing of it is kept (K1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import TestResponse

from backoffice import create_app
from backoffice.database import db
from backoffice.tenancy import tenant_scope
from tests.factories import make_provider
from tests.guards.crawl import SESSION_PAGES, pages
from tests.guards.forms import Form, forms_of
from tests.guards.twins import Ids, ids_of, make_twin, tenant_tables
from tests.servers import MakeDatabase, settings_for
from tests.web_client import Visitor

BROKEN = {"NUL": b"a%00b", "a lone surrogate": b"a%ED%A0%80b", "invalid UTF-8": b"a%FFb"}
ODD = [
    "x" * 300,
    "-1",
    "0",
    "NaN",
    "1e999",
    "9" * 30,
    "' OR 1=1 --",
    "{{7*7}}",
    "../../etc/passwd",
    "%",
    "\u202e",
    "🎂",
    "<b>",
]
HUGE = "x" * 70_000
ALWAYS_ASKED = ("id", "q", "search", "page", "after")
# Wrong ones look the same as missing ones there, and too many of them lock the door.
NOT_HERE = {"/login", "/logout", "/password/forgot", "/password/change"}


@dataclass
class House:
    app: Flask
    owner: Engine
    visitor: Visitor
    ids: Ids
    forms: list[Form]

    def send(self, form: Form, changed: dict[str, str]) -> TestResponse:
        data = {"csrf_token": self.visitor.kept_token(), **form.values, **changed}
        return self.visitor.open(form.action, method="POST", data=data)

    def send_raw(self, form: Form, values: dict[str, bytes]) -> TestResponse:
        """As bytes: what no browser's form can hold."""
        good = {"csrf_token": self.visitor.kept_token(), **form.values}
        pairs = {quote_plus(name): quote_plus(value).encode() for name, value in good.items()}
        pairs |= {quote_plus(name): value for name, value in values.items()}
        body = b"&".join(name.encode() + b"=" + value for name, value in pairs.items())
        kind = "application/x-www-form-urlencoded"
        return self.visitor.open(form.action, method="POST", data=body, content_type=kind)


@pytest.fixture(scope="module")
def house(make_database: MakeDatabase, redis_url: str, server_folder: Any) -> Iterator[House]:
    urls = make_database()
    app = create_app(settings_for(urls, server_folder, redis_url))
    with app.app_context():
        provider = make_provider()
        with tenant_scope(provider.id):
            make_twin("QUAIL")
            db.session.remove()
    owner = create_engine(urls.owner)
    visitor = Visitor(app, provider.host)
    assert visitor.sign_in("admin@twin.example").status_code == 303
    ids = ids_of(owner, provider.id)
    yield House(app, owner, visitor, ids, list(find_forms(app, visitor, ids)))
    owner.dispose()
    with app.app_context():
        db.engine.dispose()


def find_forms(app: Flask, visitor: Visitor, ids: Ids) -> Iterator[Form]:
    """Each form once, however many pages it is on; those that end or begin a session are left alone."""
    met = set()
    for address in addresses(app, ids):
        answer = visitor.get(address)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        for form in forms_of(answer.get_data(as_text=True), address):
            path = urlsplit(form.action).path
            key = (path, form.method, tuple(form.values))
            if key not in met and path not in NOT_HERE and form.method in ("GET", "POST"):
                met.add(key)
                yield form


def addresses(app: Flask, ids: Ids) -> list[str]:
    """An address of every page that can be looked at, with the id of a row where it takes one."""
    found = []
    for page in pages(app):
        if "GET" not in page.methods or page.endpoint in SESSION_PAGES:
            continue
        rows = ids.get(page.model.__tablename__, []) if page.model is not None else []
        found.append(page.paths(ids)[0] + (f"?id={rows[0]}" if rows else ""))
    return found


def posts(house: House) -> list[Form]:
    return [form for form in house.forms if form.method == "POST"]


def longest_row(house: House) -> int:
    """The characters of the longest row of any table."""
    with house.owner.connect() as owner:
        return max(
            owner.scalar(text(f"SELECT coalesce(max(length(t::text)), 0) FROM {table} AS t")) or 0
            for table in tenant_tables()
        )


def test_forms_are_found_at_all(house: House) -> None:
    """The control of everything below."""
    paths = {urlsplit(form.action).path for form in posts(house)}
    assert {"/admin/users/new/", "/admin/users/change-role/"} <= paths
    by_path = {urlsplit(form.action).path: form for form in posts(house)}
    assert set(by_path["/admin/users/new/"].values) == {"email", "first_name", "last_name", "role"}
    answer = house.send(by_path["/admin/users/new/"], {"email": "fine@twin.example"})
    assert answer.status_code == 302


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_text_in_any_form_is_refused(house: House, broken: str) -> None:
    wrong = []
    for form in posts(house):
        for name in sorted(form.typed)[:1] or ["more"]:  # the name does not matter: no page is asked
            status = house.send_raw(form, {name: BROKEN[broken]}).status_code
            if status not in (400, 422):
                wrong.append((form.action, name, status))
    assert wrong == []


def test_a_nul_in_a_form_with_parts_is_refused(house: House) -> None:
    wrong = []
    for form in posts(house):
        data = {"csrf_token": house.visitor.kept_token(), **form.values, "more": "a\0b"}
        kind = "multipart/form-data"
        answer = house.visitor.open(form.action, method="POST", data=data, content_type=kind)
        if answer.status_code not in (400, 422):
            wrong.append((form.action, answer.status_code))
    assert wrong == []


def test_huge_text_in_any_field_is_refused_and_not_kept(house: House) -> None:
    wrong = []
    for form in posts(house):
        for name in form.values:
            status = house.send(form, {name: HUGE}).status_code
            if status >= 500 or name in form.typed and status < 400:
                wrong.append((form.action, name, status))
    assert wrong == []
    assert longest_row(house) < 60_000


def test_odd_text_in_any_field_is_no_accident(house: House) -> None:
    wrong, turns = [], take_turns(ODD, 2)
    for form in posts(house):
        for name in form.values:
            for odd in next(turns):
                status = house.send(form, {name: odd}).status_code
                if status >= 500:
                    wrong.append((form.action, name, odd, status))
    assert wrong == []


def take_turns(values: list[str], at_a_time: int) -> Iterator[list[str]]:
    """A few of the values each time: every field with every value would take minutes."""
    start = 0
    while True:
        yield [values[(start + step) % len(values)] for step in range(at_a_time)]
        start += at_a_time


def test_thousands_of_fields_are_refused(house: House) -> None:
    wrong = []
    for form in posts(house):
        answer = house.send(form, {f"field{n}": "x" for n in range(12_001)})
        if answer.status_code != 413:
            wrong.append((form.action, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_text_in_any_address_is_refused(house: House, broken: str) -> None:
    wrong = []
    for address in addresses(house.app, house.ids):  # the name does not matter: no page is asked
        status = ask(house, address, f"q={BROKEN[broken].decode()}").status_code
        if status not in (400, 403, 404):
            wrong.append((address, status))
    assert wrong == []


def test_odd_text_in_any_address_is_no_accident(house: House) -> None:
    wrong, turns = [], take_turns(ODD, 1)
    for address, name in asked_for(house):
        for odd in next(turns):
            status = ask(house, address, f"{quote(name)}={quote(odd)}").status_code
            if status >= 500 and "/health" not in address:
                wrong.append((address, name, odd, status))
    assert wrong == []


def test_a_huge_address_is_refused(house: House) -> None:
    wrong = []
    for address in addresses(house.app, house.ids):
        status = ask(house, address, f"q={HUGE}").status_code
        if not 400 <= status < 500:
            wrong.append((address, status))
    assert wrong == []


def asked_for(house: House) -> list[tuple[str, str]]:
    """Each page with each name that its address may hold."""
    names: dict[str, set[str]] = {}
    for form in house.forms:
        if form.method == "GET":
            names.setdefault(urlsplit(form.action).path, set()).update(form.values)
    return [
        (address, name)
        for address in addresses(house.app, house.ids)
        for name in sorted({*ALWAYS_ASKED, *names.get(urlsplit(address).path, ())})
    ]


def ask(house: House, address: str, query: str) -> TestResponse:
    return house.visitor.get(f"{address}{'&' if '?' in address else '?'}{query}")


JSON_BODIES = {
    "NUL": b'{"body": "a\\u0000b", "q": "a\\u0000b"}',
    "a lone surrogate": b'{"body": "a\\ud800b", "q": "a\\ud800b"}',
    "NaN": b'{"places": NaN, "body": 1}',
    "endless nesting": b"[" * 100_000,
    "invalid UTF-8": b'{"body": "\xff"}',
    "no JSON": b"{",
    "a list": b"[1, 2]",
    "a word": b'"word"',
    "nothing": b"null",
    "wrong kinds": b'{"body": {}, "places": [], "schedule_id": 1, "customer": "x", "attendees": {"a": 1}}',
}
REFUSED_BODIES = {"NUL", "a lone surrogate", "NaN", "endless nesting"}


@pytest.mark.parametrize("body", JSON_BODIES)
def test_odd_json_is_no_accident_anywhere(house: House, body: str) -> None:
    wrong = []
    headers = {"X-CSRFToken": house.visitor.kept_token(), "Accept": "application/json"}
    for page in pages(house.app):
        if page.endpoint in SESSION_PAGES or "POST" not in page.methods:
            continue
        answer = house.visitor.open(
            page.paths(house.ids)[0],
            method="POST",
            data=JSON_BODIES[body],
            content_type="application/json",
            headers=headers,
        )
        is_refused = answer.status_code in (400, 403)  # 403: a page that is nobody's
        if answer.status_code >= 500 or body in REFUSED_BODIES and not is_refused:
            wrong.append((page.endpoint, answer.status_code))
    assert wrong == []
