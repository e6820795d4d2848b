"""Customers' own pages in a real browser: from the mailed link to the cancelled booking, without scripts and with them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Refund
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.booked import person
from tests.views.public.my.helpers import House

pytestmark = pytest.mark.browser

JANE = "jane@x.example"


@pytest.fixture
def house(app: Flask, provider: Provider) -> House:
    return House(app, provider)


@pytest.fixture
def booking_id(house: House) -> UUID:
    """Two places, one of them named, paid; another date of the course is cheaper."""
    booking_id = house.book(JANE, 2, attendees=(person("Ada Biron"),))
    house.course(booking_id, title="Emergency First Aid at Work")
    house.another_date(booking_id, price_minor=6000)
    return booking_id


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_link_to_the_cancelled_booking(
    open_page: OpenPage, site: str, house: House, booking_id: UUID, scripts: bool
) -> None:
    page = open_page(None, NARROW, java_script_enabled=scripts)
    sign_in(page, site, house)
    page.get_by_role("link", name="Emergency First Aid at Work").click()
    page.get_by_role("link", name="Change Ada Biron").click()
    page.get_by_label("Last name").fill("Byron")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("The name is saved.")).to_be_visible()
    expect(page.get_by_role("link", name="Change Ada Byron")).to_be_visible()
    page.get_by_role("link", name="Take another date").click()
    expect(page.get_by_text("£30.00 less")).to_be_visible()
    page.locator(".my-date a").click()
    expect(page.get_by_text("The difference goes back the way you paid.")).to_be_visible()
    page.get_by_role("button", name="Move to this date").click()
    expect(page.get_by_text("Your booking has moved.")).to_be_visible()
    page.get_by_role("link", name="Cancel places or the booking").click()
    page.get_by_role("checkbox", name="Ada Byron").uncheck()
    page.get_by_role("button", name="Show what comes back for these").click()
    expect(page.locator(".my-amount")).to_have_text("£60.00")
    page.get_by_role("button", name="Cancel 1 place").click()
    page.get_by_role("link", name="Cancel the booking").click()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    with house.inside():
        assert house.booking(booking_id).status == "cancelled"
        amounts = db.session.scalars(select(Refund.amount_minor).order_by(Refund.id)).all()
        assert amounts == [3000, 6000, 6000]


def sign_in(page: Page, site: str, house: House) -> None:
    """By the mailed link, as a person does it."""
    page.goto(f"{site}/my/")
    page.get_by_label("E-mail address").first.fill(JANE)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    page.goto(site + house.mailed_path(JANE))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, site: str, house: House, booking_id: UUID, size: Size
) -> None:
    page = open_page(None, size)
    for path in ("/my/sign-in", "/my/register", "/my/sent", f"/my/booking/{'A' * 44}", "/my/enter/x"):
        page.goto(site + path)
        check_page(page)
    page.goto(site + house.link_for(JANE))
    check_page(page)
    page.get_by_role("button", name="Sign in").click()
    places = house.places(booking_id)
    one = f"/my/booking/{booking_id}"
    pages = (one, f"{one}/cancel", f"{one}/move", *(f"{one}/name/{each}" for each in places))
    for path in ("/my/", *pages, "/my/payments", "/my/certificates", "/my/calendar", "/my/profile"):
        page.goto(site + path)
        check_page(page)
    page.goto(f"{site}/my/calendar")
    page.get_by_role("button", name="Make the address").click()
    check_page(page)
    page.goto(f"{site}/my/payments")
    page.get_by_role("link", name="Receipt").click()
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_a_refusal_is_accessible_and_what_was_typed_stays(
    open_page: OpenPage, site: str, house: House, booking_id: UUID, size: Size
) -> None:
    page = open_page(None, size)
    page.goto(site + house.link_of(booking_id))
    check_page(page)
    page.get_by_role("link", name="Give the name").click()
    page.get_by_label("First name").fill("Bo")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Write the last name.")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Bo")
    check_page(page)


def test_the_keyboard_alone_is_enough(open_page: OpenPage, site: str, house: House, booking_id: UUID) -> None:
    page = open_page(None)
    page.goto(site + house.link_of(booking_id))
    reach(page, lambda: focused(page) == "Cancel places or the booking")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cancel")
    reach(page, lambda: focused(page) == "Cancel the booking")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That is cancelled.")).to_be_visible()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def reach(page: Page, is_there: Callable[[], bool]) -> None:
    """By the tab key; a person gives up after forty."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if is_there():
            return
    raise AssertionError("the tab key never came there")
