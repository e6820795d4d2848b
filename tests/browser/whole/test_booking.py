"""A stranger finds a date, books five people with a code and pays by card, with a script and without; and by keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee, Booking, Payment, Schedule
from backoffice.services import terms
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import NARROW, WIDE, OpenPage
from tests.whole_program import MAIL_SECONDS, House, Program, calendar_in, said

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ADMIN = factories.actor("admin")
START = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=40)
PEOPLE = ["Bo", "Cleo", "Dan", "Eve"]
SLOW = MAIL_SECONDS * 1000


@pytest.fixture
def dates(house: House) -> Any:
    """The date that is looked for, and others which differ by the words, by the town and by the price."""

    def make() -> Any:
        draft = commit_once(
            lambda: terms.save("terms", terms.Typed("Our terms", "Be on time."), ADMIN, version=0).version
        )
        commit_once(lambda: terms.publish("terms", ADMIN, version=draft))
        factories.make_rule()
        factories.make_code(code="TEAM20", value=2000)
        leeds, york = factories.make_venue(city="Leeds"), factories.make_venue(city="York")
        aid = factories.make_course(title="First Aid at Work", slug="first-aid")
        long = factories.make_course(title="First Aid for a Week", slug="first-aid-week")
        forklift = factories.make_course(title="Forklift")
        for number, (course, venue, price) in enumerate(
            ((aid, york, 7500), (long, leeds, 40_000), (forklift, leeds, 7500)), 1
        ):
            later = START + timedelta(days=number)
            factories.make_schedule(course=course, venue=venue, starts_at=later, price_minor=price)
        return SimpleNamespace(wanted=factories.make_schedule(course=aid, venue=leeds, starts_at=START).id)

    return house.inside(make)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_stranger_finds_books_and_pays(
    open_page: OpenPage, site: str, house: House, program: Program, dates: Any, has_script: bool
) -> None:
    page = open_page(None, WIDE if has_script else NARROW, java_script_enabled=has_script)
    page.goto(site)
    find(page, has_script)
    assert links_to_book(page) == {f"/book/{dates.wanted}"}
    page.get_by_role("link", name="Book: First Aid at Work").click()
    fill_contact(page, house.address("nina"))
    add_four(page, has_script)
    page.locator("#discount_code").fill("team20")
    page.get_by_role("button", name="Update price").click()
    expect(page.locator("#price")).to_contain_text("£300.00")
    name_them(page)
    page.get_by_role("button", name="Continue to the terms").click()
    expect(page.locator("main")).to_contain_text("Eve Cox")
    page.get_by_role("checkbox", name="I have read and accept").check()
    page.get_by_role("button", name="Accept and pay £300.00").click()
    page.get_by_role("button", name="by card").click()
    page.wait_for_url(f"{program.run['simulators']}/**")
    page.get_by_role("button", name=re.compile("^Pay £300.00")).click()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible(timeout=SLOW)
    assert page.url == f"{site}/book/{dates.wanted}/done"
    reference = str(page.locator("p.held").inner_text()).partition("reference is ")[2].partition(".")[0]
    check_kept(house, dates, reference)
    check_mail(program, house.address("nina"), reference)


def find(page: Page, has_script: bool) -> None:
    """By words, town and price, each in the address."""
    page.get_by_label("What would you like to learn?").fill("first aid")
    page.get_by_label("Town", exact=True).select_option("Leeds")
    page.get_by_text("More filters").click()
    page.get_by_label("Price up to").fill("100")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(re.compile("q=first.+aid.*town=Leeds.*up_to=100"))
    expect(page.get_by_role("heading", name="First Aid for a Week")).to_have_count(0)
    page.get_by_role("navigation", name="Ways to look").get_by_role("link", name="Dates").click()
    expect(page.locator(".date-row")).to_have_count(1)


def links_to_book(page: Page) -> set[str]:
    found = page.locator("a[href^='/book/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return set(found)


def fill_contact(page: Page, address: str) -> None:
    page.locator("#first_name").fill("Nina")
    page.locator("#last_name").fill("New")
    page.locator("#email").fill(address)


def add_four(page: Page, has_script: bool) -> None:
    """Without a script the number is typed and asked for; with one a button adds each at once."""
    if not has_script:
        page.locator("#places").fill("5")
        page.get_by_role("button", name="Update price").click()
    for places in range(2, 6 if has_script else 0):
        page.get_by_role("button", name="Add a place").click()
        expect(page.locator("#places")).to_have_value(str(places))
    expect(page.locator("#price")).to_contain_text("£337.50")


def name_them(page: Page) -> None:
    for number, name in enumerate(PEOPLE, 1):
        page.locator(f'[id="people.{number}.first_name"]').fill(name)
        page.locator(f'[id="people.{number}.last_name"]').fill("Cox")


def check_kept(house: House, dates: Any, reference: str) -> None:
    """One booking of five named people, one payment, five places taken, and nothing else."""

    def read() -> Any:
        columns = (Booking.reference, Booking.status, Booking.seats, Booking.total_minor, Booking.paid_minor)
        return (
            [tuple(row) for row in db.session.execute(select(*columns))],
            set(db.session.scalars(select(Attendee.first_name))),
            [tuple(row) for row in db.session.execute(select(Payment.status, Payment.amount_minor))],
            db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == dates.wanted)).one(),
        )

    bookings, people, payments, taken = house.inside(read)
    assert bookings == [(reference, "confirmed", 5, 30_000, 30_000)]
    assert people == {"Nina", *PEOPLE}
    assert payments == [("succeeded", 30_000)]
    assert taken == 5


def check_mail(program: Program, address: str, reference: str) -> None:
    """It comes once, and its calendar file says when."""
    mail = program.mail(address, reference, "£300.00")
    event = next(iter(Calendar.from_ical(calendar_in(mail)).walk("VEVENT")))
    assert (event.decoded("dtstart"), "First Aid at Work" in str(event["summary"])) == (START, True)
    assert "/my/booking/" in said(mail)
    assert [reference in said(each) for each in program.mails_to(address)].count(True) == 1


# --- By keys alone ---


def test_the_keyboard_leads_from_the_first_page_to_the_held_booking(
    open_page: OpenPage, site: str, house: House, dates: Any
) -> None:
    page = open_page(None)
    page.goto(site)
    reach(page, "#q")
    page.keyboard.type("first aid")
    reach(page, "#town")
    page.keyboard.type("Leeds")
    expect(page.locator(".course-card")).to_have_count(2)
    reach(page, "nav.ways a[href^='/dates']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dates?*")
    reach(page, f"a[href='/book/{dates.wanted}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/*")
    for field, words in (("first_name", "Nina"), ("last_name", "New"), ("email", house.address("nina"))):
        reach(page, f"#{field}")
        page.keyboard.type(words)
    reach(page, "button[value=add]")
    page.keyboard.press("Enter")
    expect(page.locator('[id="people.1.first_name"]')).to_be_focused()
    page.keyboard.type("Bo")
    page.keyboard.press("Tab")
    page.keyboard.type("Cox")
    reach(page, ".booking-go button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/terms")
    expect(page.locator("[data-clock]")).to_contain_text("left")
    expect(page.locator("main")).to_contain_text("Bo Cox")
    held = house.inside(lambda: db.session.execute(select(Booking.status, Booking.seats)).all())
    assert [tuple(row) for row in held] == [("pending", 2)]


def reach(page: Page, selector: str, presses: int = 60) -> None:
    """By the tab key alone; what has the focus must show it."""
    is_there: Callable[[], bool] = lambda: page.evaluate(  # noqa: E731
        "it => document.activeElement?.matches(it) ?? false", selector
    )
    for _ in range(presses):
        page.keyboard.press("Tab")
        if is_there():
            break
    else:
        raise AssertionError(f"the tab key never came to {selector}")
    style = "(({outlineStyle, outlineWidth, boxShadow}) => [outlineStyle, outlineWidth, boxShadow])"
    outline, width, shadow = page.evaluate(f"{style}(getComputedStyle(document.activeElement))")
    assert (outline != "none" and width != "0px") or shadow != "none", f"{selector} has the focus unseen"
