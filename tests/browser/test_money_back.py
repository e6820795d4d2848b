"""Money back in a real browser: what the form says while it is filled in, and the page of a refund on its way."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice.database import db
from backoffice.models import Refund
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.views.admin.money_desk import get, inside, place
from tests.views.admin.test_money_screens import approved

pytestmark = pytest.mark.browser


@pytest.fixture
def form(app: Flask, provider: Provider) -> str:
    """The path of the form for a booking of three places of £75.00 each, paid in cash."""
    with inside(app, provider):
        booking = get(place(places=3, method="cash"))
        return f"/admin/bookings/request-refund/?id={booking.id}"


def total(page: Page) -> str:
    return page.locator("[data-refund]").inner_text()


def test_the_total_follows_what_is_ticked_and_typed(open_page: OpenPage, site: str, form: str) -> None:
    page = open_page("admin")
    page.goto(site + form)
    assert total(page) == "£225.00 goes back."
    page.locator("[name=attendees]").nth(0).check()
    page.locator("[name=attendees]").nth(1).check()
    assert total(page) == "£150.00 goes back."
    expect(page.get_by_label("The price of the places ticked below")).to_be_checked()
    page.locator("[name=amount]").fill("£1,000.5")
    assert total(page) == "£1,000.50 goes back: too much, £225.00 can go back."
    page.locator("[name=amount]").fill("12")
    expect(page.get_by_role("button", name="Refund £12.00")).to_be_visible()
    page.get_by_label("All that is left of what was paid").check()
    assert total(page) == "£225.00 goes back."


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_form_is_accessible_and_fits_while_it_is_filled_in(
    open_page: OpenPage, site: str, form: str, size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(site + form)
    check_page(page)
    page.locator("[name=amount]").fill("400")
    check_page(page)


def test_the_form_works_without_scripts(open_page: OpenPage, site: str, form: str) -> None:
    page = open_page("admin", java_script_enabled=False)
    page.goto(site + form)
    expect(page.locator("[data-refund]")).to_be_hidden()
    page.get_by_label("Through the gateway").wait_for(state="detached")
    page.get_by_label("The price of the places ticked below").check()
    page.locator("[name=attendees]").nth(2).check()
    page.get_by_label("Reason", exact=True).fill("Ill")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("of £75.00: approved")).to_be_visible()


# --- On its way ---


@pytest.fixture
def under_way(app: Flask, provider: Provider) -> str:
    """The path of a refund whose gateway has not said yet how it ended."""
    with inside(app, provider):
        refund = db.session.get_one(Refund, approved())
        refund.route, refund.status = "gateway", "processing"
        db.session.commit()
        return f"/admin/refunds/details/?id={refund.id}"


def end(app: Flask, provider: Provider) -> None:
    with inside(app, provider):
        refund = db.session.query(Refund).one()
        refund.status, refund.failure_reason = "failed", "The account is closed."
        db.session.commit()


def test_the_page_of_a_refund_shows_by_itself_how_it_ended(
    app: Flask, provider: Provider, open_page: OpenPage, site: str, under_way: str
) -> None:
    page = open_page("office")
    page.goto(site + under_way)
    expect(page.get_by_text("This page shows it as soon as it is known.")).to_be_visible()
    check_page(page)
    end(app, provider)
    expect(page.get_by_text("It was not paid back.")).to_be_visible(timeout=10_000)


def test_without_scripts_a_link_looks_again(
    app: Flask, provider: Provider, open_page: OpenPage, site: str, under_way: str
) -> None:
    page = open_page("office", java_script_enabled=False)
    page.goto(site + under_way)
    expect(page.get_by_text("This page shows it")).to_be_hidden()
    end(app, provider)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("It was not paid back.")).to_be_visible()
