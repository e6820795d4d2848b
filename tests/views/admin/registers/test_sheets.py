"""The printed sheets over HTTP: for whoever may open the register, and needs on the confidential one alone."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from backoffice.database import db
from backoffice.models import Attendee
from tests.factories import Provider, make_provider
from tests.services.registers.world import NAMES
from tests.views.admin.registers.conftest import Room, open_room
from tests.web_client import Visitor, signed_in

ZOE, ADAM, *_ = NAMES
PAPERS = ["sheet.pdf", "needs.pdf"]


def text_of(answer: Any) -> str:
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


def need(room: Room, words: str) -> None:
    with room.inside():
        for attendee in db.session.query(Attendee).filter_by(last_name="Young"):
            attendee.requirements = words
        db.session.commit()


def test_the_sheet_names_everybody_and_says_no_needs(room: Room) -> None:
    need(room, "Wheelchair access")
    text = text_of(room.instructor.get(f"{room.url}/sheet.pdf"))
    assert ZOE in text and ADAM in text and "Instructor\n" in text and "Signature" in text
    assert "Wheelchair" not in text


def test_the_confidential_sheet_names_only_who_needs_something(room: Room) -> None:
    need(room, "Wheelchair access")
    text = text_of(room.instructor.get(f"{room.url}/needs.pdf"))
    assert "CONFIDENTIAL" in text and ZOE in text and "Wheelchair access" in text
    assert ADAM not in text


@pytest.mark.parametrize("paper", PAPERS)
def test_no_address_no_number_and_no_money_is_on_paper(room: Room, paper: str) -> None:
    text = text_of(room.instructor.get(f"{room.url}/{paper}"))
    for secret in ("cora@x.example", "07700", "Cora", "£", "75.00"):
        assert secret not in text


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_is_kept_by_nobody_on_the_way(room: Room, paper: str) -> None:
    answer = room.instructor.get(f"{room.url}/{paper}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")


@pytest.mark.parametrize("paper", PAPERS)
def test_only_whoever_may_open_the_register_gets_it(
    app: Flask, room: Room, provider: Provider, paper: str
) -> None:
    url = f"{room.url}/{paper}"
    assert room.person("office").get(url).status_code == 200
    assert room.person("instructor").get(url).status_code == 404
    assert room.person("manager").get(url).status_code == 403
    assert room.person("customer").get(url).status_code == 403
    assert Visitor(app, provider.host).get(url).status_code == 302
    with app.app_context():
        other = make_provider()
    assert signed_in(app, other, "admin").get(url).status_code == 404


def test_the_way_to_paper_is_on_the_page_of_the_date_and_on_ones_own_dates(room: Room) -> None:
    office = room.person("office")
    pages = (
        room.instructor.get(room.url),
        room.instructor.get("/admin/my-dates/"),
        office.get(f"/admin/schedules/details/?id={room.schedule_id}"),
    )
    for page in pages:
        assert all(f'href="{room.url}/{paper}"' in page.text for paper in PAPERS)


def test_a_place_without_a_name_is_left_blank(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE)
    with room.inside():
        for attendee in db.session.query(Attendee):
            attendee.first_name = attendee.last_name = ""
        db.session.commit()
    assert "Name to follow" not in text_of(room.instructor.get(f"{room.url}/sheet.pdf"))
