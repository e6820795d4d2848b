"""The register for the instructor's telephone: JSON in, the versions and the conflicts out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from backoffice.database import new_id
from tests.factories import Provider
from tests.services.registers.world import NAMES
from tests.views.admin.registers.conftest import Room, open_room
from tests.web_client import Visitor

ZOE, ADAM, *_ = NAMES


def send(room: Room, body: Any, visitor: Visitor | None = None, **headers: str) -> Any:
    browser = visitor or room.instructor
    token = {"X-CSRFToken": browser.kept_token()}
    return browser.open(f"{room.url}/marks", method="POST", json=body, headers=token | headers)


def mark(room: Room, name: str = ZOE, version: int | None = None, **values: Any) -> dict[str, Any]:
    row = room.rows()[name]
    seen = row.version if version is None else version
    return {"attendee_id": str(row.attendee_id), "seen_version": seen, **values}


def test_marks_are_saved_and_the_new_versions_answered(room: Room) -> None:
    body = {
        "marks": [mark(room, attendance={"1": "late"}, outcome="passed", note="Hm", has_shown_identity=True)]
    }
    answer = send(room, body)
    assert answer.status_code == 200
    assert (answer.json["saved"], answer.json["conflicts"], answer.json["gone"]) == (1, [], [])
    (row,) = answer.json["rows"]
    assert (row["version"], row["attendance"], row["outcome"], row["note"], row["has_shown_identity"]) == (
        1, {"1": "late"}, "passed", "Hm", True,
    )  # fmt: skip
    assert row["marked_by"] == "Tess Teacher"


def test_a_repeated_send_changes_nothing(room: Room) -> None:
    body = {"marks": [mark(room, attendance={"1": "late"})]}
    assert [send(room, body).json["saved"] for _ in range(3)] == [1, 0, 0]
    assert room.rows()[ZOE].version == 1


def test_a_conflict_comes_back_with_both_values(room: Room) -> None:
    kept = mark(room, attendance={"1": "present"}, outcome=None)
    send(room, {"marks": [mark(room, attendance={"1": "absent"})]}, room.person("office"))
    answer = send(room, {"marks": [kept, mark(room, ADAM, attendance={"1": "present"})]})
    (conflict,) = answer.json["conflicts"]
    assert answer.json["saved"] == 1 and conflict["name"] == ZOE
    assert conflict["stored"]["attendance"] == {"1": "absent"} and conflict["stored"]["version"] == 1
    assert conflict["wanted"]["attendance"] == {"1": "present"} and conflict["wanted"]["outcome"] is None


def test_the_register_is_read_as_it_stands(room: Room) -> None:
    send(room, {"marks": [mark(room, attendance={"1": "late"})]})
    answer: Any = room.instructor.get(f"{room.url}/marks")
    assert answer.json["status"] == "published" and [day["number"] for day in answer.json["days"]] == [1]
    assert {row["name"]: row["version"] for row in answer.json["rows"]} == {ZOE: 1, ADAM: 0}


def test_who_left_is_named(room: Room) -> None:
    stranger = str(new_id())
    answer = send(
        room, {"marks": [{"attendee_id": stranger, "seen_version": 0, "attendance": {"1": "late"}}]}
    )
    assert answer.status_code == 200 and answer.json["gone"] == [stranger]


GOOD_ID = "01a1fd7e-a6d5-7506-8341-34515ff51b1e"


def one(**values: Any) -> dict[str, Any]:
    return {"marks": [{"attendee_id": GOOD_ID, "seen_version": 0, **values}]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "marks"),
        ([], "marks"),
        ("x", "marks"),
        ({}, "marks"),
        ({"marks": {}}, "marks"),
        ({"marks": [1]}, "marks.0"),
        ({"marks": [{}]}, "marks.0.attendee_id"),
        (one(attendee_id="x"), "marks.0.attendee_id"),
        (one(attendee_id=5), "marks.0.attendee_id"),
        (one(attendee_id={}), "marks.0.attendee_id"),
        (one(seen_version=None), "marks.0.seen_version"),
        (one(seen_version="1"), "marks.0.seen_version"),
        (one(seen_version=True), "marks.0.seen_version"),
        (one(seen_version=-1), "marks.0.seen_version"),
        (one(seen_version=1.5), "marks.0.seen_version"),
        (one(seen_version=10**30), "marks.0.seen_version"),
        (one(attendance=[]), "marks.0.attendance"),
        (one(attendance="present"), "marks.0.attendance"),
        (one(attendance={"one": "present"}), "marks.0.attendance"),
        (one(attendance={"٣": "present"}), "marks.0.attendance"),
        (one(attendance={"999": "present"}), "marks.0.attendance"),
        (one(attendance={"1": 1}), "marks.0.attendance.1"),
        (one(attendance={"1": "asleep"}), "marks.0.attendance.1"),
        (one(attendance={"2": "present"}), "marks.0.attendance.2"),
        (one(outcome=1), "marks.0.outcome"),
        (one(outcome="excellent"), "marks.0.outcome"),
        (one(note=[]), "marks.0.note"),
        (one(note="x" * 2001), "marks.0.note"),
        (one(note="4242 4242 4242 4242"), "marks.0.note"),
        (one(has_shown_identity="yes"), "marks.0.has_shown_identity"),
        (one(has_shown_identity=1), "marks.0.has_shown_identity"),
        (one(email="a@x.example"), "marks.0.email"),
        ({"marks": [*one()["marks"], *one()["marks"]]}, "marks.1.attendee_id"),
        ({"marks": [{"attendee_id": GOOD_ID, "seen_version": 0}] * 1001}, "marks"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(room: Room, body: Any, field: str) -> None:
    answer = send(room, body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json["error"]["fields"]) == [field] and answer.json["error"]["message"]
    assert {row.version for row in room.rows().values()} == {0}


@pytest.mark.parametrize("raw", [b"", b"{", b'{"marks": [NaN]}', b"\xff\xfe", b'{"marks":"\\u0000"}'])
def test_what_is_no_json_is_refused(room: Room, raw: bytes) -> None:
    headers = {"X-CSRFToken": room.instructor.kept_token()}
    answer = room.instructor.open(
        f"{room.url}/marks", method="POST", data=raw, headers=headers, content_type="application/json"
    )
    assert answer.status_code in (400, 422)


def test_one_wrong_mark_saves_none(room: Room) -> None:
    body = {"marks": [mark(room, attendance={"1": "late"}), mark(room, ADAM, outcome="excellent")]}
    assert send(room, body).status_code == 422
    assert room.rows()[ZOE].attendance == {}


def test_a_page_of_another_site_marks_nothing(room: Room) -> None:
    body = {"marks": [mark(room, attendance={"1": "late"})]}
    assert send(room, body, Origin="https://evil.example").status_code == 403
    assert room.instructor.open(f"{room.url}/marks", method="POST", json=body).status_code == 400
    assert room.rows()[ZOE].attendance == {}


def test_another_instructor_and_whoever_is_signed_out_mark_nothing(
    app: Flask, provider: Provider, room: Room
) -> None:
    body = {"marks": [mark(room, attendance={"1": "late"})]}
    other = room.person("instructor")
    assert send(room, body, other).status_code == 404
    looked: Any = other.get(f"{room.url}/marks")
    assert looked.json["error"]["code"] == "not_found"
    nobody = Visitor(app, provider.host)
    assert send(room, body, nobody).status_code == 401
    assert room.rows()[ZOE].attendance == {}


def test_a_date_to_come_takes_no_marks(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE, ago=-3)
    answer = send(room, {"marks": [mark(room, attendance={"1": "present"})]})
    assert answer.status_code == 422 and answer.json["error"]["code"] == "too_early"


# --- A telephone that somebody else holds now ---


def test_kept_marks_are_sent_only_as_whoever_made_them(room: Room) -> None:
    office = room.person("office")
    stranger = {"marks": [mark(room, attendance={"1": "late"})], "person": str(new_id())}
    answer = send(room, stranger, office)
    assert answer.status_code == 409 and answer.json["error"]["code"] == "other_person"
    assert room.rows()[ZOE].version == 0


def test_without_that_guard_they_would_be_saved(room: Room) -> None:
    office = room.person("office")
    assert send(room, {"marks": [mark(room, attendance={"1": "late"})]}, office).json["saved"] == 1


def test_the_answer_brings_what_the_page_without_scripts_compares_with(room: Room) -> None:
    answer = send(room, {"marks": [mark(room, attendance={"1": "late"}, note="Hm")]})
    assert answer.json["rows"][0]["seen"] in room.instructor.get(room.url).text.replace("&#34;", '"')
