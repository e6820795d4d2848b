"""What a company asks for on the public form becomes its private date, which no public page shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Schedule
from tests import factories
from tests.browser_kit import NARROW, OpenPage
from tests.whole_program import House, Program, path_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

START = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=30)
COURSE, VENUE = "First Aid at Work", "The Mill"
MONTH = f"/calendar/{START:%Y-%m}"
PAGES = ("/", "/dates", "/dates?q=first+aid", "/course/first-aid", "/embed", "/feed/all.ics")


@pytest.fixture
def public_date(house: House) -> Any:
    """The same course on the same day for everybody, elsewhere: the control."""

    def make() -> Any:
        course = factories.make_course(title=COURSE, slug="first-aid")
        factories.make_venue(name=VENUE)
        factories.make_instructor(name="Sarah Whitfield")
        factories.make_company(name="Acme Logistics", has_terms=True)
        return factories.make_schedule(course=course, starts_at=START).id

    return house.inside(make)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_public_form_to_the_private_date(
    open_page: OpenPage, site: str, house: House, program: Program, public_date: Any, has_script: bool
) -> None:
    company = open_page(None, NARROW, java_script_enabled=has_script)
    address = house.address("jo")
    ask(company, site, address)
    received = program.mail(address, COURSE)
    company.goto(site + path_in(received, "/companies/request/"))
    expect(company.get_by_role("heading", level=1)).to_be_visible()
    clerk = open_page("admin", java_script_enabled=has_script)
    quote(clerk, site)
    company.goto(site + path_in(program.mail(address, "£620.00"), "/companies/request/"))
    company.get_by_role("button", name="Accept the quote").click()
    expect(company.get_by_role("heading", name="You accepted our quote")).to_be_visible()
    clerk.reload()
    confirm(clerk)
    made = private_date(house)
    assert (made.is_private, made.status, made.taken) == (True, "published", 8)
    assert made.bookings == [("confirmed", 8, 62_000, address)]
    company.reload()
    expect(company.get_by_role("heading", name="Your course is booked")).to_be_visible()
    name_one(company, site + path_in(program.mail(address, "is confirmed"), "/names/"))
    check_hidden(house, str(made.id), str(public_date))


def ask(page: Page, site: str, address: str) -> None:
    page.goto(site)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="For companies").click()
    page.get_by_label("Course").select_option(label=COURSE)
    page.get_by_label("What it is about").fill(f"{COURSE} for our warehouse")
    page.get_by_label("How many people").fill("8")
    page.get_by_label("Day 1").fill(START.date().isoformat())
    page.get_by_label("Company", exact=True).fill("Acme Logistics")
    page.get_by_label("Your name").fill("Jo Bloggs")
    page.get_by_label("E-mail").fill(address)
    page.get_by_label("Phone").fill("07700 900123")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def quote(clerk: Page, site: str) -> None:
    clerk.goto(f"{site}/admin/work/requests")
    clerk.get_by_role("link", name="TST-Q-").click()
    clerk.get_by_role("link", name="Review…").click()
    clerk.get_by_label("Instructor").select_option(label="Sarah Whitfield")
    clerk.get_by_role("button", name="Review").click()
    clerk.get_by_role("link", name="Quote…").click()
    clerk.get_by_label("Price for all").fill("620")
    clerk.get_by_role("button", name="Quote", exact=True).click()
    expect(clerk.get_by_text("is on its way to")).to_be_visible()


def confirm(clerk: Page) -> None:
    clerk.get_by_role("link", name="Confirm…").click()
    clerk.get_by_label("Venue").select_option(label=f"{VENUE}, Leeds (20 places)")
    clerk.get_by_role("button", name="Make the date and the booking").click()
    expect(clerk.get_by_text("The private date is made")).to_be_visible()


def private_date(house: House) -> Any:
    def read() -> Any:
        date = db.session.scalars(select(Schedule).where(Schedule.is_private)).one()
        columns = (Booking.status, Booking.seats, Booking.total_minor, Booking.contact_email)
        rows = db.session.execute(select(*columns).where(Booking.schedule_id == date.id))
        return SimpleNamespace(
            id=date.id, is_private=date.is_private, status=date.status, taken=date.seats_taken,
            bookings=[tuple(row) for row in rows],
        )  # fmt: skip

    return house.inside(read)


def name_one(page: Page, url: str) -> None:
    """The people are named by the link of the confirmation."""
    page.goto(url)
    page.get_by_label("First name").first.fill("Ada")
    page.get_by_label("Last name").first.fill("Byron")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Some are still missing")).to_be_visible()


def check_hidden(house: House, private: str, public: str) -> None:
    """Each page has the public date, so that it would have the private one, and does not."""
    for path in PAGES:
        text = house.fetch(path).text
        is_shown = public in text or START.strftime("%Y%m%d") in text
        assert (is_shown, private in text, VENUE in text) == (True, False, False), path
    check_month(house.fetch(MONTH).text)
    assert [house.fetch(f"/book/{each}").status_code for each in (public, private)] == [200, 404]
    live = house.fetch(f"/live/places?ids={public},{private}").text
    assert (public in live, private in live) == (True, False)


def check_month(text: str) -> None:
    """The day has one date: the public one."""
    day = re.search(rf'<a[^>]*data-day="{START:%Y-%m-%d}"[^>]*>', text)
    assert day and re.search(r"\b1 date\b", day.group()), text
    assert "1 date</span>" in text
