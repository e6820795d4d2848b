"""Nobody reads or changes another provider's rows, and no form works without its own token (E1, E2, G1)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import TestResponse

from backoffice import create_app
from backoffice.database import db
from backoffice.tenancy import tenant_scope
from tests.factories import Provider, make_provider
from tests.guards.crawl import METHODS, SESSION_PAGES, Noted, Page, asked, note_what_is_read, pages, send
from tests.guards.twins import Ids, digest_of, ids_of, make_twin, tenant_tables
from tests.servers import MakeDatabase, settings_for
from tests.web_client import Visitor

OURS, THEIRS = "QUAIL", "HERON"
# Written by the visit itself, whatever page it is.
TRACES = {"web_sessions"}
# Tables that no screen of one provider can hold: what they keep is a means of the machine.
WITHOUT_TWIN = {"user_tokens", "web_sessions", "report_marks"}
EDITED_BY_ID = ("details_view", "edit_view", "delete_view")


@dataclass
class Twins:
    """Two providers with the same rows, and the owner's view of both."""

    app: Flask
    owner: Engine
    ours: Provider
    theirs: Provider
    their_ids: Ids
    our_ids: Ids

    def admin_of(self, provider: Provider) -> Visitor:
        visitor = Visitor(self.app, provider.host)
        assert visitor.sign_in("admin@twin.example").status_code == 303
        visitor.kept_token()
        return visitor


@pytest.fixture(scope="module")
def twins(make_database: MakeDatabase, redis_url: str, server_folder) -> Iterator[Twins]:
    urls = make_database()
    app = create_app(settings_for(urls, server_folder, redis_url))
    note_what_is_read(app)
    with app.app_context():
        ours, theirs = (make_provider(name=f"{canary} Training") for canary in (OURS, THEIRS))
        for provider, canary in ((ours, OURS), (theirs, THEIRS)):
            with tenant_scope(provider.id):
                make_twin(canary)
                db.session.remove()
    owner = create_engine(urls.owner)
    yield Twins(app, owner, ours, theirs, ids_of(owner, theirs.id), ids_of(owner, ours.id))
    owner.dispose()
    with app.app_context():
        db.engine.dispose()


def shows(answer: TestResponse, canary: str) -> bool:
    return canary.lower().encode() in answer.get_data().lower()


def crawl(
    twins: Twins, visitor: Visitor, ids: Ids, methods: tuple[str, ...]
) -> Iterator[tuple[Page, str, TestResponse]]:
    for page in pages(twins.app):
        if page.endpoint in SESSION_PAGES:
            continue
        for method in methods:
            for what, answer in asked(visitor, page, ids, method):
                yield page, what, answer
                answer.close()  # a download keeps its connection until it is closed


def test_there_is_a_row_of_every_kind_to_look_for(twins: Twins) -> None:
    """Whoever adds a table adds a row of it to tests/guards/twins.py."""
    empty = {table for table, ids in twins.their_ids.items() if not ids}
    assert empty - WITHOUT_TWIN == set()


@pytest.mark.parametrize(
    ("path", "reads"), [("/admin/bookings/details/", True), ("/dates", True), ("/admin/reports/", False)]
)
def test_the_crawl_sees_which_pages_read_an_id(twins: Twins, path: str, reads: bool) -> None:
    """Only those are asked for with each id; /dates walks through all that it was sent."""
    visitor = twins.admin_of(twins.ours)
    Noted.asked_for.clear()
    assert visitor.get(path, query_string={"id": str(twins.our_ids["bookings"][0])}).status_code == 200
    assert ("id" in Noted.asked_for) == reads


def test_no_page_shows_or_changes_another_providers_rows(twins: Twins) -> None:
    before = digest_of(twins.owner, twins.theirs.id)
    visitor, leaks, faults = twins.admin_of(twins.ours), [], []
    for _, what, answer in crawl(twins, visitor, twins.their_ids, METHODS):
        if shows(answer, THEIRS):
            leaks.append((what, answer.status_code))
        if answer.status_code >= 500 and "/health" not in what:
            faults.append((what, answer.status_code))
    assert leaks == []
    assert faults == []
    assert digest_of(twins.owner, twins.theirs.id) == before


def test_its_own_administrator_does_see_them(twins: Twins) -> None:
    """The control: the crawl asks for pages that would show the word."""
    visitor = twins.admin_of(twins.theirs)
    opened, seen = set(), set()
    for page, _, answer in crawl(twins, visitor, twins.their_ids, ("GET",)):
        if answer.status_code == 200:
            opened.add(page.endpoint)
        if shows(answer, THEIRS):
            seen.add(page.endpoint)
    records = {name for name in opened if name.endswith(".details_view")}
    assert len(records) > 5
    assert records - seen == set()


def test_an_id_of_another_provider_is_nobodys_row(twins: Twins) -> None:
    visitor, wrong = twins.admin_of(twins.ours), []
    for page in pages(twins.app):
        if page.model is None or page.endpoint.rpartition(".")[2] not in EDITED_BY_ID:
            continue
        for row_id in twins.their_ids.get(page.model.__tablename__, []):
            for method in sorted(page.methods):
                status = send(visitor, page.rule.rule, method, {"id": str(row_id)}).status_code
                if status not in (403, 404):  # 403: a page that the screen does not offer at all
                    wrong.append((page.endpoint, method, status))
    assert wrong == []


def test_without_the_policies_the_same_pages_show_them(twins: Twins) -> None:
    """The control of row level security: not every page asks by itself whose a row is."""
    visitor = twins.admin_of(twins.ours)
    with without_policies(twins.owner):
        leaks = {
            page.endpoint
            for page, _, answer in crawl(twins, visitor, twins.their_ids, ("GET",))
            if shows(answer, THEIRS)
        }
    assert len(leaks) > 3, leaks


@contextmanager
def without_policies(owner: Engine) -> Iterator[None]:
    """Row level security is off for as long as this lasts."""
    with owner.connect() as connection:
        tables = connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")).all()
    try:
        set_policies(owner, tables, "DISABLE")
        yield
    finally:
        set_policies(owner, tables, "ENABLE")


def set_policies(owner: Engine, tables: Sequence[str], word: str) -> None:
    with owner.begin() as connection:
        connection.execute(
            text("SET LOCAL lock_timeout = '20s'")
        )  # a page left open fails the test, not the run
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} {word} ROW LEVEL SECURITY"))


# --- G1 ---


def posts(twins: Twins) -> list[Page]:
    return [page for page in pages(twins.app) if "POST" in page.methods]


def changes(twins: Twins) -> dict[str, str]:
    return digest_of(twins.owner, twins.ours.id, but=TRACES)


@pytest.fixture(scope="module")
def stranger(twins: Twins) -> Visitor:
    """Somebody else's session at the same provider."""
    visitor = Visitor(twins.app, twins.ours.host)
    assert visitor.sign_in("office@twin.example").status_code == 303
    return visitor


@pytest.mark.parametrize(
    "case", ["no token", "a token of another session", "a form of another site", "a made-up token"]
)
def test_no_form_works_without_its_own_token(twins: Twins, stranger: Visitor, case: str) -> None:
    visitor, let_in = twins.admin_of(twins.ours), []
    token = {"no token": "", "a token of another session": stranger.kept_token(), "a made-up token": "x.y.z"}
    headers = {"Origin": "https://evil.example"} if case == "a form of another site" else {}
    before = changes(twins)
    for page in posts(twins):
        for path in page.paths(twins.our_ids)[:1]:
            form = {"csrf_token": token.get(case, visitor.kept_token()), **_own(twins, page)}
            answer = visitor.open(path, method="POST", data=form, headers=headers)
            if answer.status_code not in (400, 403):
                let_in.append((page.endpoint, answer.status_code))
    assert let_in == []
    assert changes(twins) == before


def _own(twins: Twins, page: Page) -> dict[str, str]:
    rows = twins.our_ids.get(page.model.__tablename__, []) if page.model is not None else []
    return {"id": str(rows[-1])} if rows else {}


def test_looking_changes_nothing(twins: Twins) -> None:
    before = changes(twins)
    visitor = twins.admin_of(twins.ours)
    after_signing_in = {
        **changes(twins),
    }
    for _ in crawl(twins, visitor, twins.our_ids, ("GET",)):
        pass
    assert changes(twins) == after_signing_in
    assert set(before) == set(after_signing_in)


def test_with_its_token_the_same_form_works(twins: Twins) -> None:
    """The control of the two tests above: a change is seen."""
    visitor = twins.admin_of(twins.ours)
    with twins.owner.connect() as owner:
        clerk = owner.scalar(
            text("SELECT id FROM users WHERE tenant_id = :tenant AND email = 'manager@twin.example'"),
            {"tenant": twins.ours.id},
        )
    before = changes(twins)
    assert send(visitor, "/admin/users/deactivate/", "POST", {"id": str(clerk)}).status_code == 302
    after = changes(twins)
    assert {table for table in tenant_tables() if before.get(table) != after.get(table)} == {
        "audit_events",
        "users",
    }
