"""The register on a telephone that loses its connection: nothing is lost, nothing is saved twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Locator, Page, Route, expect
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.models import AuditEvent, User, WebSession
from backoffice.services import registers
from backoffice.services.registers import Change, Row
from backoffice.tenancy import tenant_scope
from tests.browser_kit import NARROW, OpenPage, check_page, sign_in
from tests.factories import Provider
from tests.services.booked import ADMIN
from tests.services.registers.world import NAMES, Taught, teach, teacher_of
from tests.web_client import PASSWORD, make_login

pytestmark = pytest.mark.browser

ZOE, ADAM, MARIA, *_ = NAMES
NOT_SENT = "Saved on this phone, not sent yet"
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('register:'))"


@dataclass(frozen=True)
class Room:
    """A date of yesterday with five people, and its instructor's telephone."""

    app: Flask
    provider: Provider
    page: Page
    site: str
    schedule_id: UUID
    email: str

    @property
    def url(self) -> str:
        return f"{self.site}/admin/registers/{self.schedule_id}"

    def offline(self, is_offline: bool = True) -> None:
        self.page.context.set_offline(is_offline)

    def card(self, name: str) -> Locator:
        return self.page.locator(".person", has_text=name)

    def mark(self, name: str, word: str) -> None:
        self.card(name).locator("label", has_text=word).first.click()

    def state(self, text: str) -> None:
        expect(self.page.locator("[data-state]")).to_contain_text(text, timeout=10_000)

    def kept(self) -> int:
        return len(self.page.evaluate(KEPT))

    def row(self, name: str) -> Row:
        return self.inside(lambda: Taught(self.schedule_id, ADMIN, None).row(name))  # type: ignore[arg-type]

    def marked(self, name: str) -> tuple[int, dict[int, str]]:
        row = self.row(name)
        return row.version, row.attendance

    def mark_elsewhere(self, name: str, status: str) -> None:
        row = self.row(name)
        change = Change(row.attendee_id, row.version, {1: status})

        def work() -> None:
            registers.mark(self.schedule_id, [change], ADMIN)
            db.session.commit()

        self.inside(work)

    def inside(self, work: Any) -> Any:
        with self.app.app_context(), tenant_scope(self.provider.id):
            found = work()
            db.session.remove()
        return found


def open_room(app: Flask, provider: Provider, page: Page, site: str) -> Room:
    """The page of a new register, for the one instructor who is signed in."""
    with app.app_context(), tenant_scope(provider.id):
        user = db.session.scalars(select(User).where(User.role == "instructor")).one()
        taught = teach(people=5)
        teacher_of(taught.schedule, user)
        found = taught.schedule_id, str(user.email)
        db.session.remove()
    here = Room(app, provider, page, site, *found)
    page.goto(here.url)
    return here


@pytest.fixture
def room(app: Flask, provider: Provider, site: str, open_page: OpenPage) -> Room:
    return open_room(app, provider, open_page("instructor", NARROW, has_touch=True), site)


def test_three_people_marked_without_a_connection_are_saved_once(room: Room) -> None:
    room.offline()
    room.mark(ZOE, "Present")
    room.mark(ADAM, "Late")
    room.mark(MARIA, "Absent")
    room.state(f"3 of 5 marked · {NOT_SENT} (3 people)")
    assert room.marked(ZOE) == (0, {})
    check_page(room.page)
    room.offline(False)
    room.state("3 of 5 marked · Sent ")
    assert [room.marked(name) for name in (ZOE, ADAM, MARIA)] == [
        (1, {1: "present"}), (1, {1: "late"}), (1, {1: "absent"}),
    ]  # fmt: skip
    assert room.kept() == 0
    room.page.reload()
    expect(room.card(ADAM).get_by_label("Late")).to_be_checked()
    assert room.marked(ADAM) == (1, {1: "late"})
    count = select(func.count()).where(AuditEvent.action == "booking:mark")
    assert room.inside(lambda: db.session.scalar(count)) == 3


def test_marks_outlive_the_page(room: Room) -> None:
    room.offline()
    room.mark(ZOE, "Late")
    room.card(ZOE).get_by_text("Note, ID").click()
    room.card(ZOE).get_by_label("Note", exact=True).fill("Left her bag")
    room.card(ZOE).get_by_label("Proof of identity seen").check()
    room.state(NOT_SENT)
    room.page.goto("about:blank")
    room.offline(False)
    room.page.goto(room.url)
    room.state("Sent ")
    row = room.row(ZOE)
    assert (row.attendance, row.note, row.has_shown_identity) == ({1: "late"}, "Left her bag", True)


def test_a_mark_is_sent_by_itself_while_there_is_a_connection(room: Room) -> None:
    room.mark(ZOE, "Present")
    room.state("Sent ")
    assert room.marked(ZOE) == (1, {1: "present"})
    room.mark(ZOE, "Absent")
    expect(room.page.locator("[data-state]")).to_contain_text("not sent yet")
    room.state("Sent ")
    assert room.marked(ZOE) == (2, {1: "absent"})
    room.mark(ZOE, "Clear")
    room.state("0 of 5 marked · Sent ")
    assert room.marked(ZOE) == (3, {})


@pytest.mark.parametrize(
    ("key", "status", "version"), [("Keep what is there", "absent", 1), ("Use mine", "present", 2)]
)
def test_somebody_else_marked_meanwhile(room: Room, key: str, status: str, version: int) -> None:
    room.offline()
    room.mark(ZOE, "Present")
    room.mark(ADAM, "Present")
    room.mark_elsewhere(ZOE, "absent")
    room.offline(False)
    room.state("1 person was marked by somebody else: choose which is right")
    conflict = room.page.get_by_role("group", name="Which is right?")
    expect(conflict).to_contain_text("There now Absent")
    expect(conflict).to_contain_text("Yours Present")
    assert room.marked(ADAM) == (1, {1: "present"})
    check_page(room.page)
    conflict.get_by_role("button", name=key).click()
    room.state("2 of 5 marked · Sent ")
    expect(conflict).to_have_count(0)
    assert room.marked(ZOE) == (version, {1: status}) and room.kept() == 0


def test_the_same_mark_by_two_is_no_conflict(room: Room) -> None:
    room.offline()
    room.mark(ZOE, "Present")
    room.mark_elsewhere(ZOE, "present")
    room.offline(False)
    room.state("Sent ")
    assert room.marked(ZOE) == (1, {1: "present"})


# The server hears what is sent, and its answer does not arrive.
LOSE = """times => {
  const fetch = window.fetch;
  window.lost = [];
  window.fetch = async (url, options) => {
    const answer = await fetch(url, options);
    if (options.method !== "POST" || window.lost.length >= times) return answer;
    window.lost.push(answer.status);
    throw new TypeError("lost");
  };
}"""


def test_an_answer_that_got_lost_is_no_conflict_with_oneself(room: Room) -> None:
    room.page.evaluate(LOSE, 1)
    room.mark(ZOE, "Present")
    while not room.page.evaluate("window.lost.length"):
        room.page.wait_for_timeout(50)
    room.mark(ZOE, "Late")
    room.state("1 of 5 marked · Sent ")
    assert room.marked(ZOE) == (2, {1: "late"})


# Forgets what was tried, as if it had not been written down.
FORGET = """() => {
  for (const key of Object.keys(localStorage).filter(name => name.startsWith("register:"))) {
    const kept = JSON.parse(localStorage.getItem(key));
    Object.values(kept.marks).forEach(mark => { mark.tried = []; });
    localStorage.setItem(key, JSON.stringify(kept));
  }
}"""


def test_without_what_was_tried_it_would_be_one(room: Room) -> None:
    room.page.evaluate(LOSE, 1)
    room.mark(ZOE, "Present")
    while not room.page.evaluate("window.lost.length"):
        room.page.wait_for_timeout(50)
    room.page.evaluate(FORGET)
    room.mark(ZOE, "Late")
    room.state("1 person was marked by somebody else")
    assert room.marked(ZOE) == (1, {1: "present"})


def test_it_is_tried_again_until_it_is_through(room: Room) -> None:
    room.page.evaluate(LOSE, 2)
    room.mark(ZOE, "Present")
    expect(room.page.locator("[data-state]")).to_contain_text("Sent ", timeout=15_000)
    assert room.page.evaluate("window.lost") == [200, 200] and room.marked(ZOE) == (1, {1: "present"})


def test_a_session_that_ended_asks_to_sign_in_and_sends_afterwards(room: Room) -> None:
    def end() -> None:
        db.session.query(WebSession).delete()
        db.session.commit()

    room.inside(end)
    room.mark(ZOE, "Present")
    room.state(f"{NOT_SENT} (1 person). Your session has ended. Sign in to send")
    check_page(room.page)
    room.page.get_by_role("link", name="Sign in to send").click()
    room.page.get_by_label("E-mail address").fill(room.email)
    room.page.get_by_label("Password").fill(PASSWORD)
    room.page.keyboard.press("Enter")
    room.page.wait_for_url(room.url)
    room.state("Sent ")
    assert room.marked(ZOE) == (1, {1: "present"})


def test_signing_out_asks_and_forgets(room: Room) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if len(asked) > 1 else dialog.dismiss()

    room.page.on("dialog", answer)
    room.page.route("**/marks", lambda route: route.abort())
    room.mark(ZOE, "Present")
    room.state(NOT_SENT)
    room.page.evaluate("scrollTo(0, 0)")
    room.page.wait_for_timeout(300)  # scrolling closes menus
    room.page.locator(".topbar-user summary").click()
    for _ in range(2):
        room.page.get_by_role("button", name="Sign out").click()
        room.page.wait_for_timeout(200)
    room.page.wait_for_url("**/login")
    assert len(asked) == 2 and "not sent yet" in asked[0]
    assert room.kept() == 0 and room.marked(ZOE) == (0, {})


def test_nobody_elses_marks_are_shown_or_sent(room: Room, app: Flask, provider: Provider) -> None:
    room.offline()
    room.mark(ZOE, "Absent")
    room.state(NOT_SENT)
    room.page.goto("about:blank")
    room.offline(False)
    room.page.context.clear_cookies()
    sign_in(room.page, room.site, make_login(app, provider, "office"))
    room.page.goto(room.url)
    room.state("0 of 5 marked")
    room.page.wait_for_timeout(1_000)
    assert room.kept() == 1 and room.marked(ZOE) == (0, {})
    sign_in_again(room)
    room.state("Sent ")
    assert room.marked(ZOE) == (1, {1: "absent"})


def sign_in_again(room: Room) -> None:
    room.page.context.clear_cookies()
    sign_in(room.page, room.site, room.email)
    room.page.goto(room.url)


def test_a_refused_note_is_told_beside_the_person_and_the_others_are_sent(room: Room) -> None:
    room.offline()
    room.card(ZOE).get_by_text("Note, ID").click()
    room.card(ZOE).get_by_label("Note", exact=True).fill("Card 4111 1111 1111 1111")
    room.mark(ADAM, "Present")
    room.offline(False)
    expect(room.card(ZOE).get_by_role("alert")).to_be_visible(timeout=10_000)
    expect(room.card(ADAM).get_by_label("Present")).to_be_checked()
    room.state("(1 person)")
    assert room.marked(ADAM) == (1, {1: "present"}) and room.row(ZOE).note == ""
    check_page(room.page)
    room.card(ZOE).get_by_label("Note", exact=True).fill("Pays by card")
    room.state("Sent ")
    assert room.row(ZOE).note == "Pays by card"


def test_the_keys_work_without_a_connection(room: Room) -> None:
    room.mark(ZOE, "Absent")
    room.state("Sent ")
    room.offline()
    room.page.get_by_role("button", name="The rest is present").click()
    room.state(f"5 of 5 marked · {NOT_SENT} (4 people)")
    room.page.get_by_role("button", name="The rest has passed").click()
    room.page.get_by_role("button", name="Save and complete").click()
    room.state("Complete the date when everything is sent.")
    room.offline(False)
    room.state("Sent ")
    assert room.marked(ZOE) == (1, {1: "absent"}) and room.row(ZOE).outcome == "not_assessed"
    assert room.marked(ADAM)[1] == {1: "present"} and room.row(ADAM).outcome == "passed"
    room.page.get_by_role("button", name="Save and complete").click()
    expect(room.page.get_by_text("The date is completed: 4 bookings completed")).to_be_visible()


def test_who_left_meanwhile_is_told(room: Room) -> None:
    room.page.route("**/marks", lambda route: answer_gone(route, str(room.row(ZOE).attendee_id)))
    room.mark(ZOE, "Present")
    expect(room.card(ZOE)).to_contain_text("No longer on this date")
    assert room.kept() == 0


def answer_gone(route: Route, attendee_id: str) -> None:
    route.fulfill(json={"saved": 0, "rows": [], "conflicts": [], "gone": [attendee_id]})
