"""Forms and actions: refusals beside their field, nothing lost, all audited, nothing done without asking."""

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from backoffice import tenancy
from backoffice.database import db
from backoffice.models import AuditEvent, CourseType
from tests.views.admin.toy_screens import COURSES, KINDS, TENANT, client, toy

__all__ = ["client", "toy"]

COURSE = {"title": "First aid", "slug": "fa", "duration_minutes": "60", "price_minor": "£85.00"}


def stored(app: Flask, row_id: UUID) -> CourseType:
    with app.app_context(), tenancy.tenant_scope(TENANT):
        row = db.session.get_one(CourseType, row_id)
        db.session.expunge(row)
        db.session.remove()
        return row


def audited(app: Flask, row_id: UUID) -> list[tuple]:
    with app.app_context(), tenancy.tenant_scope(TENANT):
        columns = (AuditEvent.action, AuditEvent.old_values, AuditEvent.new_values)
        found = select(*columns).where(AuditEvent.subject_id == row_id).order_by(AuditEvent.id)
        rows = [tuple(row) for row in db.session.execute(found)]
        db.session.remove()
        return rows


def version_in(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found
    return found[1]


def errors_in(page: str) -> list[str]:
    return re.findall(r'class="error"[^>]*>([^<]+)', page)


def test_a_change_is_saved_and_audited_with_old_and_new_values(client: FlaskClient, toy: Flask) -> None:
    row_id = toy.extensions["ids"][10]
    address = f"{KINDS}edit/?id={row_id}"
    version = version_in(client.get(address).text)
    answer = client.post(address, data={"version": version, "code": "c-010", "title": " New  name "})
    assert answer.status_code == 302
    assert stored(toy, row_id).title == "New name"
    assert audited(toy, row_id) == [("course_type:update", {"title": "Kind 10"}, {"title": "New name"})]


def test_the_second_of_two_editors_is_told_and_keeps_what_was_typed(client: FlaskClient, toy: Flask) -> None:
    address = f"{KINDS}edit/?id={toy.extensions['ids'][11]}"
    version = version_in(client.get(address).text)
    client.post(address, data={"version": version, "code": "c-011", "title": "Theirs"})
    late = client.post(address, data={"version": version, "code": "c-011", "title": "Mine"})
    assert late.status_code == 409
    assert "Theirs" in late.text
    assert 'value="Mine"' in late.text
    assert stored(toy, toy.extensions["ids"][11]).title == "Theirs"
    again = client.post(address, data={"version": version_in(late.text), "code": "c-011", "title": "Mine"})
    assert again.status_code == 302


@pytest.mark.parametrize("version", ["", "zz", "-1", "9" * 40, None])
def test_a_form_without_a_true_version_changes_nothing(
    client: FlaskClient, toy: Flask, version: str | None
) -> None:
    row_id = toy.extensions["ids"][12]
    data = {"version": version, "code": "c-012", "title": "Lost"}
    sent = {name: value for name, value in data.items() if value is not None}
    assert client.post(f"{KINDS}edit/?id={row_id}", data=sent).status_code == 409
    assert stored(toy, row_id).title == "Kind 12"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "a\x00b"),
        ("title", "\u202eright to left"),
        ("title", "x" * 201),
        ("course_type", "x"),
        ("course_type", str(UUID(int=1))),
        ("duration_minutes", "9" * 30),
        ("duration_minutes", "NaN"),
        ("price_minor", "NaN"),
        ("price_minor", "lots"),
        ("description", "a\x00b"),
    ],
)
def test_what_cannot_be_stored_is_refused_beside_its_field(
    client: FlaskClient, toy: Flask, field: str, value: str
) -> None:
    data = {**COURSE, "course_type": str(toy.extensions["ids"][0]), field: value}
    answer = client.post(f"{COURSES}new/", data=data)
    assert answer.status_code == 422
    assert len(errors_in(answer.text)) == 1
    assert f'id="{field}-error"' in answer.text


def test_a_constraint_becomes_a_sentence_beside_its_field(client: FlaskClient, toy: Flask) -> None:
    data = {**COURSE, "course_type": str(toy.extensions["ids"][0]), "slug": "twice"}
    assert client.post(f"{COURSES}new/", data=data).status_code == 302
    answer = client.post(f"{COURSES}new/", data=data)
    assert answer.status_code == 409
    assert errors_in(answer.text) == ["Another course has this short name: choose another."]
    assert "psycopg" not in answer.text


def test_a_new_row_is_audited(client: FlaskClient, toy: Flask) -> None:
    answer = client.post(f"{KINDS}new/", data={"code": "new", "title": "New"})
    row_id = UUID(answer.location.rpartition("=")[2])
    assert audited(toy, row_id) == [("course_type:create", {}, {"code": "new", "title": "New"})]


def test_fields_outside_the_form_are_not_written(client: FlaskClient, toy: Flask) -> None:
    data = {
        "code": "plain",
        "title": "Plain",
        "tenant_id": str(UUID(int=8)),
        "archived_at": "2026-01-01T00:00",
    }
    answer = client.post(f"{KINDS}new/", data=data)
    row = stored(toy, UUID(answer.location.rpartition("=")[2]))
    assert row.tenant_id == TENANT
    assert row.archived_at is None


def test_an_action_asks_first_and_acts_on_post(client: FlaskClient, toy: Flask) -> None:
    row_id = toy.extensions["ids"][13]
    page = client.get(f"{KINDS}archive/?id={row_id}")
    assert "It is offered no more." in page.text
    assert stored(toy, row_id).archived_at is None
    answer = client.post(f"{KINDS}archive/", data={"id": row_id, "reason": "old"})
    assert answer.status_code == 302
    assert stored(toy, row_id).archived_at is not None


def test_an_action_that_is_refused_says_so_beside_the_field(client: FlaskClient, toy: Flask) -> None:
    row_id = toy.extensions["ids"][14]
    answer = client.post(f"{KINDS}archive/", data={"id": row_id, "reason": "never"})
    assert answer.status_code == 409
    assert errors_in(answer.text) == ["Never is no reason."]
    assert stored(toy, row_id).archived_at is None


def test_a_bulk_action_does_what_it_can_and_names_the_rest(client: FlaskClient, toy: Flask) -> None:
    picked = [toy.extensions["ids"][number] for number in (16, 17, 18)]  # 18 is archived already
    asked = client.get(KINDS + "archive/", query_string={"id": picked})
    assert "Left out" in asked.text
    client.post(f"{KINDS}archive/", data={"id": picked, "reason": "old"})
    page = client.get(KINDS).text
    assert "done for 2 of 3" in page
    assert "Kind 18: This is not possible" in page


def test_a_bulk_action_names_a_row_that_is_gone(client: FlaskClient, toy: Flask) -> None:
    picked = [toy.extensions["ids"][19], UUID(int=404), toy.extensions["ids"][20]]
    assert client.post(f"{KINDS}archive/", data={"id": picked, "reason": "old"}).status_code == 302
    page = client.get(KINDS).text
    assert "done for 2 of 3" in page
    assert "A record: This record does not exist" in page


def test_nothing_ticked_is_a_sentence(client: FlaskClient) -> None:
    assert client.get(f"{KINDS}archive/").status_code == 302
    assert "Tick at least one row" in client.get(KINDS).text


def test_delete_asks_and_a_row_in_use_stays(client: FlaskClient, toy: Flask) -> None:
    made = client.post(f"{KINDS}new/", data={"code": "gone", "title": "Gone"})
    row_id = made.location.rpartition("=")[2]
    used = {**COURSE, "slug": "user", "course_type": row_id}
    assert client.post(f"{COURSES}new/", data=used).status_code == 302
    refused = client.post(f"{KINDS}delete/?id={row_id}")
    assert refused.status_code == 409
    assert "in use" in refused.text
    free = client.post(f"{KINDS}new/", data={"code": "free", "title": "Free"}).location.rpartition("=")[2]
    assert "gone for good" in client.get(f"{KINDS}delete/?id={free}").text
    assert client.post(f"{KINDS}delete/?id={free}").status_code == 302
    assert client.get(f"{KINDS}details/?id={free}").status_code == 404


def test_a_refused_change_leaves_no_audit_entry(client: FlaskClient, toy: Flask) -> None:
    with toy.app_context(), tenancy.tenant_scope(TENANT):
        before = db.session.scalar(select(func.count()).select_from(AuditEvent))
        db.session.remove()
    client.post(f"{KINDS}new/", data={"code": "c-001", "title": "Taken"})
    with toy.app_context(), tenancy.tenant_scope(TENANT):
        after = db.session.scalar(select(func.count()).select_from(AuditEvent))
        db.session.remove()
    assert after == before


def test_a_choice_out_of_many_is_searched_and_saved(client: FlaskClient, toy: Flask) -> None:
    data = {**COURSE, "slug": "first", "title": "Zebra", "course_type": str(toy.extensions["ids"][0])}
    zebra = client.post(f"{COURSES}new/", data=data).location.rpartition("=")[2]
    lookup = f"{COURSES}ajax/lookup/?name=requalifies&query="
    assert client.get(lookup + "Zeb").json == [[zebra, "Zebra"]]
    assert client.get(lookup + "%00").json == []
    assert client.get(f"{COURSES}ajax/lookup/?name=nothing&query=Zeb").status_code == 404
    data |= {"slug": "second", "title": "Zebra again", "requalifies": zebra}
    assert client.post(f"{COURSES}new/", data=data).status_code == 302


@pytest.mark.parametrize("choice", ["x", "\x00", str(UUID(int=1)), "1,2"])
def test_a_choice_that_is_none_of_the_list_is_refused(client: FlaskClient, toy: Flask, choice: str) -> None:
    data = {**COURSE, "slug": "other", "course_type": str(toy.extensions["ids"][0]), "requalifies": choice}
    answer = client.post(f"{COURSES}new/", data=data)
    assert answer.status_code == 422
    assert errors_in(answer.text) == ["Choose one of the list."]
