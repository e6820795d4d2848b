"""Booking in a real browser, with a script and without: from the date to the confirmation, through the simulator of Stripe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Booking, Message
from backoffice.services import terms
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser.test_pay import House
from tests.browser.test_pay import house as house
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, Size, check_page

pytestmark = pytest.mark.browser

ADMIN = factories.actor("admin")


@pytest.fixture
def date_id(house: House) -> UUID:
    """A date at 75.00 with 12 places, terms to accept, ten per cent off from five, and a code for twenty."""
    with house.app.app_context(), tenant_scope(house.provider.id):
        factories.make_rule()
        factories.make_code(code="TEAM20", value=2000)
        typed = terms.Typed("Terms of booking", "Be on time.\n\n- Bring a pen\n- Bring water")
        draft = commit_once(lambda: terms.save("terms", typed, ADMIN, version=0).version)
        commit_once(lambda: terms.publish("terms", ADMIN, version=draft))
        found = factories.make_schedule(course=factories.make_course(title="First Aid", minimum_age=16)).id
        db.session.remove()
    return found


def open_form(house: House, date_id: UUID, size: Size = WIDE, **options: bool) -> Page:
    page = house.page(size, **options)
    page.goto(f"{house.site}/book/{date_id}")
    return page


def fill_contact(page: Page) -> None:
    page.locator("#first_name").fill("Nina")
    page.locator("#last_name").fill("New")
    page.locator("#email").fill("nina@mail.example")
    page.locator('[id="people.0.birth_date"]').fill("3/4/1990")


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Continue to the terms").click()
    page.wait_for_url("**/terms")


def accept(page: Page) -> None:
    page.get_by_role("checkbox", name="I have read and accept").check()
    page.get_by_role("button", name="Accept and pay").click()
    page.wait_for_url("**/pay/*")


def pay(house: House, page: Page) -> None:
    page.get_by_role("button", name="by card").click()
    page.wait_for_url("**/stripe/c/pay/**")
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    page.wait_for_url("**/back")
    house.work()
    page.wait_for_url("**/done", timeout=15_000)


def booked(house: House) -> list[tuple]:
    with house.app.app_context(), tenant_scope(house.provider.id):
        columns = (Booking.status, Booking.seats, Booking.total_minor)
        found = [tuple(row) for row in db.session.execute(select(*columns).order_by(Booking.id))]
        db.session.remove()
    return found


def end_hold(house: House, seconds: float) -> None:
    """The clock of every hold runs out so many seconds from now."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    with house.app.app_context(), tenant_scope(house.provider.id):
        db.session.execute(update(Booking).values(hold_expires_at=until))
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_the_whole_way_from_the_date_to_the_confirmation(
    house: House, date_id: UUID, has_script: bool, size: Size
) -> None:
    page = open_form(house, date_id, size, java_script_enabled=has_script)
    expect(page.locator("#price")).to_contain_text("£75.00")
    fill_contact(page)
    looked_at(page, has_script)
    go_on(page)
    looked_at(page, has_script)
    accept(page)
    looked_at(page, has_script)
    pay(house, page)
    looked_at(page, has_script)
    expect(page.locator("h1")).to_have_text("You are booked")
    with page.expect_download() as file:
        page.get_by_role("link", name="Add to my calendar").click()
    assert file.value.suggested_filename.endswith(".ics")
    assert booked(house) == [("confirmed", 1, 7500)]
    with house.app.app_context(), tenant_scope(house.provider.id):
        assert "booking_confirmed" in set(db.session.scalars(select(Message.template)))
        db.session.remove()


def looked_at(page: Page, has_script: bool) -> None:
    """axe is a script itself: without one only the width is looked at."""
    if has_script:
        check_page(page)
    else:
        wide = page.locator("body").bounding_box()
        assert wide is not None
        assert wide["width"] <= (page.viewport_size or {"width": 0})["width"]


def test_five_people_with_a_code_are_added_without_a_reload(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    fill_contact(page)
    for places in range(2, 6):
        page.get_by_role("button", name="Add a place").click()
        expect(page.locator("#places")).to_have_value(str(places))
        expect(page.locator(f'[id="people.{places - 1}.first_name"]')).to_be_focused()
    expect(page.locator("#price")).to_contain_text("£337.50")
    page.locator("#discount_code").fill("team20")
    page.locator("#email").focus()
    expect(page.locator("#price")).to_contain_text("£300.00")
    expect(page.locator("#email")).to_have_value("nina@mail.example")
    check_page(page)
    assert loads == []
    for number, name in enumerate(["Bo", "Cleo", "Dan", "Eve"], 1):
        page.locator(f'[id="people.{number}.first_name"]').fill(name)
        page.locator(f'[id="people.{number}.last_name"]').fill("Cox")
        page.locator(f'[id="people.{number}.birth_date"]').fill("1/2/1991")
    go_on(page)
    for words in ("Nina New", "Eve Cox", "TEAM20", "£300.00"):
        expect(page.locator("main")).to_contain_text(words)
    accept(page)
    pay(house, page)
    assert booked(house) == [("confirmed", 5, 30_000)]


def test_people_are_added_and_removed_without_a_script(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id, NARROW, java_script_enabled=False)
    fill_contact(page)
    page.locator("#places").fill("3")
    page.get_by_role("button", name="Update price").click()
    expect(page.locator("#price")).to_contain_text("£225.00")
    page.locator('[id="people.1.first_name"]').fill("Bo")
    page.get_by_role("button", name="Remove place 3").click()
    expect(page.locator("#price")).to_contain_text("£150.00")
    expect(page.locator('[id="people.1.first_name"]')).to_have_value("Bo")
    expect(page.locator("#email")).to_have_value("nina@mail.example")
    page.locator("#discount_code").fill("NOPE")
    page.get_by_role("button", name="Update price").click()
    expect(page.locator("#discount_code-error")).to_have_text("This code cannot be used for this booking.")


def test_enter_continues_and_never_removes_anybody(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    page.get_by_role("button", name="Add a place").click()
    expect(page.locator("#places")).to_have_value("2")
    fill_contact(page)
    page.locator("#email").press("Enter")
    page.wait_for_url("**/terms")
    assert booked(house) == [("pending", 2, 15_000)]


def test_double_clicks_make_one_booking(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    fill_contact(page)
    page.get_by_role("button", name="Continue to the terms").dblclick()
    page.wait_for_url("**/terms")
    page.get_by_role("checkbox", name="I have read and accept").check()
    page.get_by_role("button", name="Accept and pay").dblclick()
    page.wait_for_url("**/pay/*")
    assert booked(house) == [("pending", 1, 7500)]


def test_back_and_reload_lose_nothing(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    fill_contact(page)
    page.locator("#special_requirements").fill("Ground floor")
    go_on(page)
    page.reload()
    expect(page.locator("main")).to_contain_text("Ground floor")
    page.go_back()
    expect(page.locator("#special_requirements")).to_have_value("Ground floor")
    expect(page.locator("[data-clock]")).to_contain_text("left")
    go_on(page)
    accept(page)
    page.get_by_role("link", name="Back to your booking").click()
    expect(page.locator("main")).to_contain_text("You have accepted the terms")
    page.get_by_role("link", name="Change something").click()
    page.locator("#places").fill("2")
    page.locator("#places").press("Tab")
    expect(page.locator("#price")).to_contain_text("£150.00")
    go_on(page)
    assert booked(house) == [("expired", 1, 7500), ("pending", 2, 15_000)]


def test_the_clock_runs_and_at_its_end_the_form_keeps_what_was_typed(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    fill_contact(page)
    go_on(page)
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^1[45]:\d\d left$"))
    end_hold(house, 4)
    page.reload()
    expect(page.locator(".clock")).to_have_class(re.compile("is-late"))
    page.wait_for_url("**ended=1", timeout=15_000)
    expect(page.locator("[role=alert]")).to_contain_text("Nothing you typed is lost")
    expect(page.locator("#first_name")).to_have_value("Nina")
    check_page(page)
    go_on(page)
    accept(page)
    assert [status for status, *_ in booked(house)] == ["expired", "pending"]


def test_the_end_of_the_hold_is_said_without_a_script(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id, NARROW, java_script_enabled=False)
    fill_contact(page)
    go_on(page)
    expect(page.locator(".clock")).to_have_text(re.compile(r"Held for you until \d\d:\d\d\."))
    end_hold(house, -1)
    page.get_by_role("checkbox", name="I have read and accept").check()
    page.get_by_role("button", name="Accept and pay").click()
    expect(page.locator("[role=alert]")).to_contain_text("Nothing you typed is lost")
    expect(page.locator("#first_name")).to_have_value("Nina")


def test_whoever_turns_back_at_the_gateway_can_pay_again(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id)
    fill_contact(page)
    go_on(page)
    accept(page)
    page.get_by_role("button", name="by card").click()
    page.wait_for_url("**/stripe/c/pay/**")
    page.get_by_role("button", name="Decline").click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{house.site}/pay/*")
    pay(house, page)
    expect(page.locator("h1")).to_have_text("You are booked")


def test_the_form_by_keyboard_and_its_mistakes(house: House, date_id: UUID) -> None:
    page = open_form(house, date_id, NARROW)
    page.locator("#first_name").focus()
    page.keyboard.type("Nina")
    page.keyboard.press("Tab")
    page.keyboard.type("New")
    page.keyboard.press("Tab")
    page.keyboard.type("nina at home")
    page.keyboard.press("Enter")
    expect(page.locator("[data-refused]")).to_be_focused()
    expect(page.locator("#email-error")).to_be_visible()
    expect(page.locator("#email")).to_have_value("nina at home")
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_dates_that_cannot_be_booked_are_said_kindly(house: House, date_id: UUID, size: Size) -> None:
    with house.app.app_context(), tenant_scope(house.provider.id):
        gone = factories.make_schedule(status="cancelled").id
        db.session.remove()
    page = open_form(house, gone, size)
    expect(page.locator("h1")).to_have_text("This date was called off")
    check_page(page)
    page.goto(f"{house.site}/book/{house.provider.id}")
    expect(page.locator("body")).to_contain_text("no such date")
