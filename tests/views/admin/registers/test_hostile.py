"""Registers against what no page of ours sends: numbers that are none, and dates of a thousand places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from backoffice.database import db
from backoffice.models import Schedule
from tests import certified
from tests.factories import Provider
from tests.services.registers.world import NAMES
from tests.views.admin.registers.conftest import Room, open_room
from tests.views.admin.registers.forms import form_of
from tests.views.admin.registers.test_marks import mark, send

ZOE, *_ = NAMES
PLACES = 1000


@pytest.mark.parametrize(
    "version", ["Infinity", "-Infinity", "NaN", "1e999", "9" * 4000, "9" * 5000, "[]", '"1"', "true"]
)
def test_a_version_that_is_no_number_of_ours_is_refused(room: Room, version: str) -> None:
    zoe = room.rows()[ZOE].attendee_id
    seen = f'{{"v":{version},"a":{{}},"o":"","i":0,"n":""}}'
    answer = room.instructor.post(room.url, {f"seen-{zoe}": seen, f"attendance-{zoe}-1": "present"})
    assert answer.status_code in (409, 422) and room.rows()[ZOE].attendance == {}


@pytest.mark.parametrize(
    "raw", ["[" * 100_000, '{"marks":' + "[" * 50_000, '{"marks":[' + '{"note":' * 50_000]
)
def test_a_body_without_a_bottom_is_refused(room: Room, raw: str) -> None:
    headers = {"X-CSRFToken": room.instructor.kept_token()}
    answer = room.instructor.open(
        f"{room.url}/marks", method="POST", data=raw, headers=headers, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "values",
    [
        {"note": "\ud800"},
        {"note": "a\u0000b"},
        {"note": "\u202eabc"},
        {"outcome": "\u0000"},
        {"attendance": {"1": "\u0000"}},
        {"attendance": {"\ud800": "present"}},
        {"\ud800": 1},
        {"seen_version": 1e308},
    ],
)
def test_odd_letters_are_refused(room: Room, values: dict[str, Any]) -> None:
    body = {"marks": [mark(room) | values]}
    headers = {"X-CSRFToken": room.instructor.kept_token()}
    answer = room.instructor.open(
        f"{room.url}/marks",
        method="POST",
        data=json.dumps(body),
        headers=headers,
        content_type="application/json",
    )
    assert answer.status_code in (400, 422), answer.text


def test_a_day_is_named_once(room: Room) -> None:
    answer = send(room, {"marks": [mark(room, attendance={"1": "present", "01": "absent"})]})
    assert answer.status_code == 422


def test_a_thousand_places_are_one_page_and_one_send(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider)
    with room.inside():
        schedule = db.session.get_one(Schedule, room.schedule_id)
        schedule.capacity = PLACES
        db.session.commit()
        certified.many(schedule, PLACES)
        statements = counted(db.engine)
    page = room.instructor.get(room.url)
    assert page.status_code == 200 and len(statements) < 20
    wanted = {name: "late" if "attendance-" in name else text for name, text in form_of(page).items()}
    answer = room.instructor.post(room.url, wanted, follow_redirects=True)
    assert f"Saved for {PLACES} people." in answer.text


def counted(engine: Any) -> list[str]:
    """Every statement from now on."""
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    return statements


def test_other_forms_take_fewer_fields(room: Room) -> None:
    """The control: what the register takes is too much for any other page."""
    zoe, many = room.rows()[ZOE].attendee_id, {f"field{number}": "x" for number in range(5_000)}
    assert room.instructor.post(f"{room.url}/{zoe}/substitute", many).status_code == 413
    assert room.instructor.post(room.url, many | {f"more{n}": "x" for n in range(8_000)}).status_code == 413
