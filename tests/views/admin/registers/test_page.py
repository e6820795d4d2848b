"""The register as a page: a plain form, limited fields, and two people with the same page open."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from backoffice.database import db, new_id
from backoffice.models import Schedule
from backoffice.services import bookings
from tests.factories import Provider, make_provider
from tests.services.booked import ADMIN, done
from tests.services.registers.world import NAMES
from tests.views.admin.registers.conftest import Room, open_room
from tests.views.admin.registers.forms import form_of, offered_by
from tests.web_client import Visitor, signed_in

ZOE, ADAM, *_ = NAMES


def field(kind: str, attendee_id: UUID, day: int | None = None) -> str:
    return f"{kind}-{attendee_id}" + (f"-{day}" if day else "")


def send(room: Room, changes: dict[str, Any] | None = None, visitor: Visitor | None = None) -> Any:
    """Open the page, change some fields, press Save; the answer after the redirect."""
    browser = visitor or room.instructor
    return browser.post(room.url, form_of(browser.get(room.url), **(changes or {})), follow_redirects=True)


# --- What it shows ---


def test_it_shows_who_comes_and_what_they_need(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE)
    page = room.instructor.get(room.url)
    assert page.status_code == 200
    assert ZOE in page.text and "Tess Teacher" in page.text and "Not marked yet" in page.text


@pytest.mark.parametrize("path", ["", "/marks"])
def test_an_instructor_reads_no_address_no_number_and_no_money(room: Room, path: str) -> None:
    text = room.instructor.get(room.url + path).text
    for secret in ("cora@x.example", "+447700", "07700", "Cora", "Booker", "£", "75.00"):
        assert secret not in text
    assert ZOE in text


def test_staff_get_to_the_booking_and_an_instructor_does_not(room: Room) -> None:
    link = "/admin/bookings/details/"
    assert link in room.person("office").get(room.url).text
    assert link not in room.instructor.get(room.url).text
    assert "Approve an exception" in room.person("admin").get(room.url).text
    assert "Approve an exception" not in room.person("office").get(room.url).text


def test_another_instructors_date_is_not_there(app: Flask, room: Room, provider: Provider) -> None:
    other = signed_in(app, provider, "instructor")
    for path in (room.url, f"{room.url}/marks", f"/admin/registers/{new_id()}"):
        assert other.get(path).status_code == 404
    attendee_id = room.rows()[ZOE].attendee_id
    assert other.get(f"{room.url}/{attendee_id}/substitute").status_code == 404
    assert other.post(room.url, {"everybody": "1"}).status_code == 404
    assert other.post(f"{room.url}/{attendee_id}/substitute", {"first_name": "A"}).status_code == 404
    assert room.rows()[ZOE].attendance == {}


def test_another_providers_date_is_not_there(app: Flask, room: Room) -> None:
    with app.app_context():
        elsewhere = make_provider()
    admin = signed_in(app, elsewhere, "admin")
    assert admin.get(room.url).status_code == 404
    assert admin.post(room.url, {"everybody": "1"}).status_code == 404


@pytest.mark.parametrize("role", ["manager", "customer"])
def test_who_marks_no_registers_opens_none(room: Room, role: str) -> None:
    assert room.person(role).get(room.url).status_code == 403


def test_whoever_is_signed_out_comes_back_after_signing_in(
    app: Flask, provider: Provider, room: Room
) -> None:
    answer = Visitor(app, provider.host).get(room.url)
    assert answer.status_code == 302
    assert f"next=/admin/registers/{room.schedule_id}" in answer.headers["Location"]


def test_a_strange_name_is_shown_as_text(app: Flask, provider: Provider) -> None:
    name = "<script>alert(1)</script> O'Hara & “Söhne” 😀"
    room = open_room(app, provider, name)
    text = room.instructor.get(room.url).text
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)&lt;/script&gt; O&#39;Hara &amp;" in text


# --- Marking ---


def test_what_is_pressed_is_saved(room: Room) -> None:
    zoe = room.rows()[ZOE].attendee_id
    changes = {field("attendance", zoe, 1): "late", field("outcome", zoe): "passed"}
    changes |= {field("note", zoe): "Line one\r\nLine two", field("identity", zoe): "1"}
    answer = send(room, changes)
    assert "Saved for 1 person." in answer.text
    row = room.rows()[ZOE]
    assert (row.attendance, row.outcome, row.note, row.has_shown_identity) == (
        {1: "late"}, "passed", "Line one\nLine two", True,
    )  # fmt: skip
    assert room.rows()[ADAM].version == 0


def test_a_page_sent_unchanged_changes_nothing(room: Room) -> None:
    zoe = room.rows()[ZOE].attendee_id
    send(room, {field("attendance", zoe, 1): "late", field("note", zoe): "One\r\nTwo"})
    assert "Nothing was changed." in send(room).text
    assert room.rows()[ZOE].version == 1


def test_the_rest_is_present(room: Room) -> None:
    zoe = room.rows()[ZOE].attendee_id
    answer = send(room, {"everybody": "1", field("attendance", zoe, 1): "absent"})
    assert "Saved for 2 people." in answer.text
    assert {name: row.attendance for name, row in room.rows().items()} == {
        ZOE: {1: "absent"},
        ADAM: {1: "present"},
    }


def test_the_rest_has_passed(room: Room) -> None:
    send(room, {"everybody": "1"})
    send(room, {"passed": "1"})
    assert {row.outcome for row in room.rows().values()} == {"passed"}


def test_a_mark_can_be_cleared_once_it_is_there(room: Room) -> None:
    name = field("attendance", room.rows()[ZOE].attendee_id, 1)
    assert "" not in offered_by(room.instructor.get(room.url), name)
    send(room, {name: "late"})
    assert "" in offered_by(room.instructor.get(room.url), name)
    send(room, {name: ""})
    assert room.rows()[ZOE].attendance == {}


def test_a_wrong_value_is_said_by_its_field_and_what_was_typed_stays(room: Room) -> None:
    rows = room.rows()
    zoe, adam = rows[ZOE].attendee_id, rows[ADAM].attendee_id
    changes = {field("note", zoe): "x" * 2001, field("attendance", adam, 1): "present"}
    page = room.instructor.get(room.url)
    answer = room.instructor.post(room.url, form_of(page, **changes))
    assert answer.status_code == 422
    assert "can be at most 2,000 characters long" in answer.text
    kept = form_of(answer)
    assert kept[field("attendance", adam, 1)] == "present" and len(kept[field("note", zoe)]) == 2001
    kept[field("note", zoe)] = "Short"
    assert "Saved for 2 people." in room.instructor.post(room.url, kept, follow_redirects=True).text


@pytest.mark.parametrize(
    "seen",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"v":"x","a":{},"o":"","i":0,"n":""}',
        '{"v":1,"a":5,"o":"","i":0,"n":""}',
        "[" * 9000,
    ],
)
def test_a_damaged_form_is_refused_in_words(room: Room, seen: str) -> None:
    zoe = room.rows()[ZOE].attendee_id
    answer = room.instructor.post(room.url, {f"seen-{zoe}": seen, field("attendance", zoe, 1): "present"})
    assert answer.status_code == 422 and "Reload it and mark again" in answer.text
    assert room.rows()[ZOE].attendance == {}


@pytest.mark.parametrize("name", ["seen-x", f"seen-{'9' * 40}"])
def test_a_field_of_nobody_is_refused(room: Room, name: str) -> None:
    assert room.instructor.post(room.url, {name: "{}"}).status_code == 422


@pytest.mark.parametrize("day", ["2", "0", "x", "-1"])
def test_a_day_that_does_not_exist_is_refused(room: Room, day: str) -> None:
    answer = room.instructor.post(room.url, {"everybody": day})
    assert answer.status_code == 422 and room.rows()[ZOE].attendance == {}


def test_nothing_is_marked_without_the_forms_token(room: Room) -> None:
    answer = room.instructor.open(room.url, method="POST", data={"everybody": "1"})
    assert answer.status_code == 400 and room.rows()[ZOE].attendance == {}


# --- Two people ---


def test_a_conflict_shows_both_values_and_asks(room: Room) -> None:
    office = room.person("office")
    rows = room.rows()
    zoe, adam = rows[ZOE].attendee_id, rows[ADAM].attendee_id
    opened = room.instructor.get(room.url)
    send(room, {field("attendance", zoe, 1): "absent"}, office)
    changes = {field("attendance", zoe, 1): "present", field("attendance", adam, 1): "present"}
    answer = room.instructor.post(room.url, form_of(opened, **changes))
    assert answer.status_code == 409
    assert "There now" in answer.text and "Keep what is there" in answer.text
    assert room.rows()[ZOE].attendance == {1: "absent"}
    assert room.rows()[ADAM].attendance == {1: "present"}, "the others are saved"
    # Sent again without a choice: what is there stays.
    room.instructor.post(room.url, form_of(answer))
    assert room.rows()[ZOE].attendance == {1: "absent"}
    room.instructor.post(room.url, form_of(answer, **{f"choice-{zoe}": "mine"}))
    assert room.rows()[ZOE].attendance == {1: "present"}


def test_a_third_change_while_choosing_is_a_conflict_again(room: Room) -> None:
    office = room.person("office")
    zoe = room.rows()[ZOE].attendee_id
    opened = room.instructor.get(room.url)
    send(room, {field("attendance", zoe, 1): "absent"}, office)
    asked = room.instructor.post(room.url, form_of(opened, **{field("attendance", zoe, 1): "present"}))
    send(room, {field("attendance", zoe, 1): "late"}, office)
    again = room.instructor.post(room.url, form_of(asked, **{f"choice-{zoe}": "mine"}))
    assert again.status_code == 409 and room.rows()[ZOE].attendance == {1: "late"}


def test_an_old_page_takes_nothing_back_that_it_did_not_touch(room: Room) -> None:
    """The page sends every field; only what differs from what it showed was touched."""
    office = room.person("office")
    rows = room.rows()
    zoe, adam = rows[ZOE].attendee_id, rows[ADAM].attendee_id
    opened = room.instructor.get(room.url)
    send(room, {field("outcome", zoe): "passed", field("note", zoe): "Good"}, office)
    answer = room.instructor.post(room.url, form_of(opened, **{field("attendance", adam, 1): "present"}))
    assert answer.status_code == 303
    assert (room.rows()[ZOE].outcome, room.rows()[ZOE].note) == ("passed", "Good")


def test_whoever_was_cancelled_meanwhile_is_said(room: Room) -> None:
    zoe = room.rows()[ZOE]
    opened = room.instructor.get(room.url)
    with room.inside():
        done(lambda: bookings.cancel(zoe.booking_id, "Ill", ADMIN, send_mail=False))
    form = form_of(opened, **{field("attendance", zoe.attendee_id, 1): "present"})
    assert "has left this date meanwhile" in room.instructor.post(room.url, form, follow_redirects=True).text


# --- Days ---


def test_a_date_of_several_days_shows_one_or_all(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE, days=3)
    zoe = room.rows()[ZOE].attendee_id
    names = [field("attendance", zoe, day) for day in (1, 2, 3)]

    def shown(query: str) -> list[bool]:
        page = room.instructor.get(room.url + query)
        return [bool(offered_by(page, name)) for name in names]

    assert shown("?day=all") == [True, True, True]
    assert shown("?day=2") == [False, True, False]
    assert shown("") == shown("?day=x") == shown("?day=99") == [False, False, True], "the last that has begun"


def test_saving_one_day_keeps_the_others(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE, days=2)
    zoe = room.rows()[ZOE].attendee_id
    for day in (1, 2):
        page = room.instructor.get(f"{room.url}?day={day}")
        answer = room.instructor.post(
            f"{room.url}?day={day}", form_of(page, **{field("attendance", zoe, day): "present"})
        )
        assert answer.headers["Location"] == f"{room.url}?day={day}"
    assert room.rows()[ZOE].attendance == {1: "present", 2: "present"}


def test_a_date_to_come_is_shown_and_not_marked(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE, ago=-3)
    zoe = room.rows()[ZOE].attendee_id
    page = room.instructor.get(room.url)
    assert "It is still to come" in page.text and 'name="everybody"' not in page.text
    assert offered_by(page, field("attendance", zoe, 1)) == set()
    answer = room.instructor.post(room.url, form_of(page, **{field("attendance", zoe, 1): "present"}))
    assert answer.status_code == 422 and "is still to come: mark it from that day on" in answer.text


# --- Completing ---


def test_completing_saves_what_is_typed_and_says_who_is_missing(room: Room) -> None:
    rows = room.rows()
    name = field("attendance", rows[ZOE].attendee_id, 1)
    answer = send(room, {"complete": "1", name: "present"})
    assert answer.status_code == 409 and f"Not marked yet: {ADAM}." in answer.text
    assert room.rows()[ZOE].attendance == {1: "present"}, "what was typed is saved"
    answer = send(room, {"complete": "1", "unmarked": "absent"})
    assert "The date is completed: 1 booking completed, 1 no-show." in answer.text
    with room.inside():
        assert db.session.get_one(Schedule, room.schedule_id).status == "completed"


def test_after_the_end_the_page_says_what_a_change_is(room: Room) -> None:
    send(room, {"complete": "1", "unmarked": "absent", "everybody": None})
    page = room.instructor.get(room.url)
    assert "What you change now is a correction" in page.text
    assert 'name="complete"' not in page.text and 'name="everybody"' not in page.text
    zoe = room.rows()[ZOE].attendee_id
    assert "" not in offered_by(page, field("attendance", zoe, 1))
    send(room, {field("attendance", zoe, 1): "present"})
    assert room.rows()[ZOE].attendance == {1: "present"}


# --- One attendee ---


def test_somebody_else_came(room: Room) -> None:
    zoe = room.rows()[ZOE].attendee_id
    url = f"{room.url}/{zoe}/substitute"
    assert ZOE in room.instructor.get(url).text
    empty = room.instructor.post(url, {"first_name": " "})
    assert empty.status_code == 422 and "Enter the name of the person who came." in empty.text
    wrong = room.instructor.post(url, {"first_name": "Ngozi", "email": "nobody", "birth_date": ""})
    assert wrong.status_code == 422 and 'value="Ngozi"' in wrong.text
    answer = room.instructor.post(url, {"first_name": "Ngozi", "last_name": "Ade"}, follow_redirects=True)
    assert "Ngozi Ade has the place now." in answer.text and ZOE not in room.rows()


def test_a_place_goes_to_the_first_of_two_who_give_it_away(room: Room) -> None:
    url = f"{room.url}/{room.rows()[ZOE].attendee_id}/substitute"
    seen = {"seen": "0"}
    assert 'name="seen" value="0"' in room.instructor.get(url).text
    assert room.instructor.post(url, {"first_name": "Ngozi", **seen}).status_code == 303
    answer = room.person("office").post(url, {"first_name": "Iris", **seen})
    assert answer.status_code == 409 and "look who has it now" in answer.text
    assert "from Ngozi to whoever came" in answer.text and 'value="Iris"' in answer.text
    assert "Ngozi" in room.rows() and 'name="seen" value="1"' in answer.text


@pytest.mark.parametrize("born", ["31/02/1990", "yesterday", "3000-01-01"])
def test_a_wrong_birth_date_is_said_by_its_field(app: Flask, provider: Provider, born: str) -> None:
    room = open_room(app, provider, ZOE, minimum_age=16)
    url = f"{room.url}/{room.rows()[ZOE].attendee_id}/substitute"
    answer = room.instructor.post(url, {"first_name": "Ngozi", "birth_date": born})
    assert answer.status_code == 422 and "Enter a date like" in answer.text


def test_only_people_of_this_date_are_substituted(app: Flask, provider: Provider, room: Room) -> None:
    other = open_room(app, provider, "Iris Hall", ago=4)
    iris = other.rows()["Iris Hall"].attendee_id
    url = f"{room.url}/{iris}/substitute"
    assert room.instructor.get(url).status_code == 404
    assert room.instructor.post(url, {"first_name": "A"}).status_code == 404
    assert "Iris Hall" in other.rows()


def test_an_administrator_approves_and_withdraws_an_exception(room: Room) -> None:
    admin, zoe = room.person("admin"), room.rows()[ZOE].attendee_id
    url = f"{room.url}/{zoe}/exception"
    assert admin.get(url).status_code == 200
    assert "Reason is needed." in admin.post(url, {"reason": " "}).text
    assert "counts as present" in admin.post(url, {"reason": "Made up"}, follow_redirects=True).text
    assert "Exception: Made up" in room.instructor.get(room.url).text
    assert "is withdrawn" in admin.post(url, {"withdraw": "1"}, follow_redirects=True).text
    assert room.person("office").get(url).status_code == 403


# --- Ways to it ---


def test_it_is_reached_from_the_date_the_day_and_ones_own_dates(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, ZOE)
    link = f'href="{room.url}"'
    assert link in room.instructor.get("/admin/my-dates/").text
    office = room.person("office")
    assert link in office.get(f"/admin/schedules/details/?id={room.schedule_id}").text
    assert link in office.get("/admin/work/registers").text
    today = open_room(app, provider, "Ben Okafor", ago=0)
    assert f'href="{today.url}"' in office.get("/admin/").text


def test_a_finished_register_waits_no_more(room: Room) -> None:
    office = room.person("office")
    assert room.url in office.get("/admin/work/registers").text
    send(room, {"complete": "1", "unmarked": "absent"})
    assert room.url not in office.get("/admin/work/registers").text


def test_a_day_behind_waits_until_it_is_marked(app: Flask, provider: Provider) -> None:
    morning = datetime.combine(datetime.now(UTC).date(), time(6), UTC)
    with time_machine.travel(morning):
        room = open_room(app, provider, ZOE, days=2, ago=0)  # its first day was yesterday
        ahead = open_room(app, provider, ZOE, days=2, ago=-1)  # its first day is today
        office = room.person("office")
        waiting = office.get("/admin/work/registers").text
        assert room.url in waiting and ahead.url not in waiting
        send(room, {field("attendance", room.rows()[ZOE].attendee_id, 1): "present"})
        assert room.url not in office.get("/admin/work/registers").text


def test_the_bookings_history_says_what_was_marked(room: Room) -> None:
    zoe = room.rows()[ZOE]
    who = zoe.attendee_id
    send(room, {field("attendance", who, 1): "late", field("outcome", who): "passed"})
    page = room.person("office").get(f"/admin/bookings/details/?id={zoe.booking_id}").text
    assert f"arked {ZOE}: " in page and "late, outcome passed" in page
