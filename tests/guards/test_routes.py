"""No page without a right, and every role gets exactly its own (F1, F4, F7)."""

from collections.abc import Iterator
from fnmatch import fnmatch

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backoffice import create_app
from backoffice.database import db
from backoffice.domain.permissions import ROLES
from backoffice.tenancy import tenant_scope
from backoffice.views.access import ACCESS, PUBLIC, SIGNED_IN
from backoffice.views.landing import HOMES, STAFF_HOME
from tests.factories import Provider, make_provider
from tests.guards.crawl import FILES, METHODS, SESSION_PAGES, Page, pages, send, was_let_in
from tests.guards.twins import make_twin
from tests.servers import MakeDatabase, settings_for
from tests.web_client import Visitor

NOBODY = "nobody"

# F4: what office staff must not do, written here and nowhere else: (page, methods).
OFFICE_MUST_NOT = [
    ("users.*", METHODS),
    ("audit_events.*", METHODS),
    ("reports.*", METHODS),
    ("settings.*", METHODS),
    ("terms_texts.*", METHODS),
    ("imports.*", METHODS),
    ("landing.tenant_list", METHODS),
    ("discount_codes.create_view", METHODS),
    ("discount_codes.edit_view", METHODS),
    ("discount_rules.create_view", METHODS),
    ("discount_rules.edit_view", METHODS),
    ("courses.create_view", METHODS),
    ("courses.edit_view", METHODS),
    ("venues.create_view", METHODS),
    ("schedules.create_view", METHODS),
    ("*.approve", METHODS),
    ("*.decline", METHODS),
    ("*.execute*", METHODS),
    ("certificates.issue*", METHODS),
    ("certificates.revoke*", METHODS),
]
OFFICE_MAY = [("bookings.request_refund", "POST"), ("bookings.index_view", "GET"), ("desk.*", "GET")]
# F7: the only pages where a manager may send anything but GET: signing in and out, and large refunds.
MANAGER_MAY_CHANGE = ["login.*", "password.change", "refunds.approve", "refunds.decline", "saved_reports.*"]
# Whoever sends proves it by a signature, or by the secret in the address: the session counts for nothing there.
SIGNED_MESSAGES = [
    "webhooks.*",
    "pay.start",
    "pay.use_credit",
    "payments_api.*",
    "choice.choose",
    "names.give",
    "my.*",
    "waiting.*",
    "companies_public.*",
    "review.*",
]
# What anybody may do on the public site; for staff it is the same, with their own rights behind it.
FOR_EVERYBODY = ["booking.*"]
# Pages that send nothing and change nothing, though their questions are too long for an address.
QUESTIONS = ["desk.quote", "desk.preview", "verify.by_number", "wordings.try_it", "terms_texts.try_it"]


@pytest.fixture(scope="module")
def house(make_database: MakeDatabase, redis_url: str, server_folder) -> Iterator[tuple[Flask, Provider]]:
    """The program over a database of its own, with one provider that has a row of everything."""
    app = create_app(settings_for(make_database(), server_folder, redis_url))
    with app.app_context():
        provider = make_provider()
        with tenant_scope(provider.id):
            make_twin("QUAIL")
            db.session.remove()
    yield app, provider
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def people(house: tuple[Flask, Provider]) -> dict[str, Visitor]:
    """Everybody, signed in; `nobody` is signed out."""
    app, provider = house
    visitors = {role: Visitor(app, provider.host) for role in (*ROLES, NOBODY)}
    for role in ROLES:
        assert visitors[role].sign_in(f"{role}@twin.example").status_code == 303
    return visitors


def unlisted(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules()} - set(ACCESS)


def test_every_page_is_in_the_table_of_rights(house: tuple[Flask, Provider]) -> None:
    assert unlisted(house[0]) == set()


def test_a_page_that_nobody_listed_is_found_and_answers_nobody(
    make_database: MakeDatabase, redis_url: str, server_folder, house: tuple[Flask, Provider]
) -> None:
    """The control of the test above."""
    _, provider = house
    app = create_app(house[0].extensions["settings"])
    app.add_url_rule("/admin/forgotten", "forgotten", lambda: "open to all", methods=["GET", "POST"])
    assert unlisted(app) - unlisted(house[0]) == {"forgotten"}
    for role in ("admin", NOBODY):
        visitor = Visitor(app, provider.host)
        if role != NOBODY:
            assert visitor.sign_in(f"{role}@twin.example").status_code == 303
        for method in ("GET", "POST"):
            assert send(visitor, "/admin/forgotten", method, {}).status_code == 403
    with app.app_context():
        db.engine.dispose()


def test_the_table_names_only_pages_that_exist(house: tuple[Flask, Provider]) -> None:
    assert set(ACCESS) - {rule.endpoint for rule in house[0].url_map.iter_rules()} == set()


def may(role: str, page: Page, method: str) -> bool:
    """What the table of rights and the table of roles say together."""
    needs = ACCESS.get(page.endpoint)
    right = needs.of(method) if needs else None
    if right is None or right == PUBLIC:
        return right == PUBLIC
    return role != NOBODY and (right == SIGNED_IN or right in ROLES[role])


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
def test_each_role_gets_its_own_pages_and_no_others(
    house: tuple[Flask, Provider], people: dict[str, Visitor], role: str
) -> None:
    wrong, visitor = [], people[role]
    for page in pages(house[0]):
        if page.endpoint in SESSION_PAGES:
            continue
        for method in sorted(page.methods):
            answer = send(visitor, page.paths({})[0], method, {})
            is_in = was_let_in(answer) and not was_led_home(page, answer)
            if is_in != may(role, page, method) or answer.status_code >= 500 and not _is_health(page):
                wrong.append((page.endpoint, method, answer.status_code))
    assert wrong == []


def was_led_home(page: Page, answer: TestResponse) -> bool:
    """Whether the entrance of the back office sent somebody without a desk to their own first page."""
    return page.rule.rule == STAFF_HOME and answer.location in HOMES.values()


def _is_health(page: Page) -> bool:
    return page.endpoint == "health.ready"


def test_office_staff_are_kept_from_what_is_not_theirs(
    house: tuple[Flask, Provider], people: dict[str, Visitor]
) -> None:
    let_in = [
        (page.endpoint, method)
        for page in pages(house[0])
        for pattern, methods in OFFICE_MUST_NOT
        for method in page.methods & set(methods)
        if fnmatch(page.endpoint, pattern)
        and not any(fnmatch(page.endpoint, each) for each in SIGNED_MESSAGES)
        and was_let_in(send(people["office"], page.paths({})[0], method, {}))
    ]
    assert let_in == []


def test_office_staff_may_do_their_work(house: tuple[Flask, Provider], people: dict[str, Visitor]) -> None:
    """The control of the test above: the refusals are not those of somebody who may nothing."""
    kept_out = [
        (page.endpoint, method)
        for page in pages(house[0])
        for pattern, method in OFFICE_MAY
        if fnmatch(page.endpoint, pattern)
        and method in page.methods
        and not was_let_in(send(people["office"], page.paths({})[0], method, {}))
    ]
    assert kept_out == []


def test_a_manager_changes_nothing_but_large_refunds(
    house: tuple[Flask, Provider], people: dict[str, Visitor]
) -> None:
    allowed = [*MANAGER_MAY_CHANGE, *QUESTIONS, *SIGNED_MESSAGES, *FOR_EVERYBODY]
    let_in = [
        (page.endpoint, method)
        for page in pages(house[0])
        if not any(fnmatch(page.endpoint, pattern) for pattern in allowed)
        for method in page.methods - {"GET"}
        if send(people["manager"], page.paths({})[0], method, {}).status_code != 403
    ]
    assert let_in == []


def test_signed_out_people_reach_only_what_is_public(
    house: tuple[Flask, Provider], people: dict[str, Visitor]
) -> None:
    reached = {
        page.endpoint
        for page in pages(house[0])
        for method in page.methods
        if was_let_in(send(people[NOBODY], page.paths({})[0], method, {}))
    }
    assert {name.partition(".")[0] for name in reached} <= {
        "login",
        "health",
        "landing",
        "public",
        "verify",
        "webhooks",
        "pay",
        "choice",
        "certificate",
        "names",
        "my",
        "terms",
        "payments_api",
        "site",
        "picture",
        "instructor",
        "booking",
        "companies_public",
        "live",
        "review",
        "waiting",
        # Finding a course and a date.
        "catalogue",
        "course",
        "calendar",
        "feeds",
        "embed",
    }
    assert not reached & {"landing.my_dates", "landing.tenant_list"}


def test_files_are_the_only_pages_without_a_tenant() -> None:
    assert {name for name in ACCESS if name in FILES} == FILES
