"""The import screen: nothing counts before somebody has looked at it."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from backoffice.database import db
from backoffice.jobs import outbox as outbox_jobs
from backoffice.models import ImportRun, OutboxRow
from backoffice.services.imports import runs
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.services.imported import VENUE, bring, digest, table, value
from tests.web_client import Visitor, signed_in


@pytest.fixture
def admin(app: Flask, provider: factories.Provider) -> Visitor:
    return signed_in(app, provider, "admin")


def send(visitor: Visitor, content: bytes, kind: str = "venues", name: str = "venues.csv") -> TestResponse:
    data: dict[str, Any] = {"kind": kind, "file": (io.BytesIO(content), name)}
    return visitor.post("/admin/imports/", data, content_type="multipart/form-data")


def work(app: Flask, provider: factories.Provider) -> None:
    """What a worker does when the bell rings."""
    with app.app_context(), tenant_scope(provider.id):
        open_rows = list(db.session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None))))
        db.session.remove()
    for row_id in open_rows:
        with app.app_context():
            outbox_jobs.handle(str(provider.id), str(row_id))


def ask(app: Flask, provider: factories.Provider, sql: str) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        return value(sql)


def test_a_file_is_checked_shown_imported_and_shown_again(
    app: Flask, provider: factories.Provider, admin: Visitor
):
    bad = VENUE | {"slug": "york", "capacity": "many"}
    page = send(admin, table(VENUE, bad)).location
    assert "Being checked" in admin.get(page).get_data(as_text=True)
    assert admin.get(f"{page}progress").json == {"status": "checking", "done": 0, "total": 0}

    work(app, provider)
    body = admin.get(page).get_data(as_text=True)
    assert "Ready to import" in body and "Import 1 row" in body and "not a whole number" in body
    assert ask(app, provider, "SELECT count(*) FROM venues") == 0
    refused = admin.get(f"{page}refused.csv")
    assert refused.mimetype == "text/csv" and b"york" in refused.data and b"leeds" not in refused.data

    assert admin.post(f"{page}confirm").status_code == 302
    work(app, provider)
    assert "Imported" in admin.get(page).get_data(as_text=True)
    assert ask(app, provider, "SELECT slug FROM venues") == "leeds"
    assert ask(app, provider, "SELECT actor_kind FROM audit_events WHERE action = 'venue:import'") == "import"
    assert ask(app, provider, "SELECT length(content) FROM import_runs") == 0
    assert (
        ask(app, provider, "SELECT count(*) FROM import_rows WHERE raw <> '{}' AND outcome <> 'refused'") == 0
    )
    assert "venues.csv" in admin.get("/admin/imports/").get_data(as_text=True)


def test_a_second_press_imports_nothing_twice(app: Flask, provider: factories.Provider, admin: Visitor):
    page = send(admin, table(VENUE)).location
    work(app, provider)
    admin.post(f"{page}confirm")
    assert admin.post(f"{page}confirm").status_code == 409
    work(app, provider)
    work(app, provider)
    assert ask(app, provider, "SELECT count(*) FROM venues") == 1
    assert admin.post(f"{page}check").status_code == 409


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", "venues", "Choose a file"),
        (b"a,b\n1,2\n", "rooms", "Choose what the file holds"),
        (b"x" * (10 * 1024 * 1024 + 1), "venues", "larger than 10 MB"),
    ],
)
def test_what_is_no_upload_is_said_beside_its_field(admin: Visitor, content: bytes, kind: str, says: str):
    answer = send(admin, content, kind)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)


def test_a_file_that_cannot_be_read_fails_in_words_and_can_be_looked_at(
    app: Flask, provider: factories.Provider, admin: Visitor
):
    page = send(admin, b"slug,name\na,Hall\n").location
    work(app, provider)
    body = admin.get(page).get_data(as_text=True)
    assert "lacks the column capacity" in body and "Nothing was imported" in body


def test_rows_are_shown_by_the_hundred_and_by_outcome(
    app: Flask, provider: factories.Provider, admin: Visitor
):
    rows = [VENUE | {"slug": f"hall-{number}"} for number in range(150)] + [VENUE | {"slug": "Ä"}]
    page = send(admin, table(*rows)).location
    work(app, provider)
    first = admin.get(page).get_data(as_text=True)
    assert "hall-99" in first and "hall-100" not in first and "after=101" in first
    assert "hall-149" in admin.get(f"{page}?after=101").get_data(as_text=True)
    assert "hall-1<" not in admin.get(f"{page}?show=refused").get_data(as_text=True)
    for odd in ("?after=-1", "?after=x", "?after=99999999999999999999", "?show='"):
        assert admin.get(page + odd).status_code == 200


def test_names_in_a_file_are_shown_as_text(app: Flask, provider: factories.Provider, admin: Visitor):
    hostile = "<script>alert(1)</script>"
    page = send(admin, table(VENUE | {"name": hostile}), name=f"{hostile}.csv").location
    work(app, provider)
    body = admin.get(page).get_data(as_text=True)
    assert "&lt;script&gt;" in body and hostile not in body
    assert hostile not in admin.get("/admin/imports/").get_data(as_text=True)


def test_when_the_rows_no_longer_fit_nothing_is_imported_and_it_says_why(
    app: Flask, provider: factories.Provider, admin: Visitor, monkeypatch: pytest.MonkeyPatch
):
    page = send(admin, table(VENUE)).location
    work(app, provider)
    admin.post(f"{page}confirm")
    judge = runs.judge

    def judge_then_somebody_adds_it(*args: Any) -> Any:
        judged = judge(*args)
        with app.app_context(), tenant_scope(provider.id):
            bring("venues", VENUE)
        return judged

    monkeypatch.setattr(runs, "judge", judge_then_somebody_adds_it)
    work(app, provider)
    monkeypatch.undo()
    assert "Another venue has this short name" in admin.get(page).get_data(as_text=True)
    assert ask(app, provider, "SELECT status FROM import_runs") == "failed"
    assert admin.post(f"{page}check").status_code == 302
    work(app, provider)
    assert "every row is here already" in admin.get(page).get_data(as_text=True)


def test_only_who_may_import_sees_the_screen(app: Flask, provider: factories.Provider, admin: Visitor):
    page = send(admin, table(VENUE)).location
    for role in ("instructor", "customer"):
        visitor = signed_in(app, provider, role)
        assert visitor.get("/admin/imports/").status_code == 403
        assert visitor.get(page).status_code == 403
        assert visitor.post(f"{page}confirm").status_code == 403
        assert send(visitor, table(VENUE)).status_code == 403


def test_another_tenants_run_does_not_exist(app: Flask, admin: Visitor):
    page = send(admin, table(VENUE)).location
    with app.app_context():
        other = factories.make_provider()
    visitor = signed_in(app, other, "admin")
    assert visitor.get(page).status_code == 404
    assert visitor.get(f"{page}refused.csv").status_code == 404
    assert visitor.post(f"{page}confirm").status_code == 404


def test_a_run_that_another_worker_has_is_left_to_it(
    app: Flask, provider: factories.Provider, admin: Visitor
):
    send(admin, table(VENUE))
    with app.app_context(), tenant_scope(provider.id):
        run_id = db.session.scalars(select(ImportRun.id)).one()
        assert runs.take_turn(run_id, "checking") is not None
        before = digest()
        work(app, provider)  # in a session of its own
        after = digest()
        assert before["import_rows"] == after["import_rows"] == ""
