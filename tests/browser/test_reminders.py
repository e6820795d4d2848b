"""Names by a mailed link and the rules of the reminders, in a real browser."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.database import db
from backoffice.models import Attendee, Booking
from backoffice.services.reminders import names_link, rules
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.booked import person, placed

pytestmark = pytest.mark.browser


@pytest.fixture
def booking(app: Flask, provider: Provider) -> tuple[UUID, str]:
    """A booking of three places with one name, and the path of its link."""
    with app.app_context(), tenant_scope(provider.id):
        commit_once(rules.seed)
        made: Booking = placed(factories.make_schedule(), 3, "cash", attendees=(person("Ada Byron"),))
        found = made.id, names_link.PAGE + names_link.token_of(made)
        db.session.remove()
    return found


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_booker_gives_the_names_without_scripts(
    open_page: OpenPage, site: str, app: Flask, provider: Provider, booking: tuple[UUID, str], size: Size
) -> None:
    page = open_page(None, size, java_script_enabled=False)
    page.goto(site + booking[1])
    page.get_by_label("First name").first.fill("Bo")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Write the last name.")).to_be_visible()
    page.get_by_label("Last name").first.fill("Diddley")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Some are still missing")).to_be_visible()
    with app.app_context(), tenant_scope(provider.id):
        names = {each.name for each in db.session.query(Attendee).filter_by(booking_id=booking[0])}
        db.session.remove()
    assert names == {"Ada Byron", "Bo Diddley", ""}


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_page_of_names_is_accessible_and_fits(
    open_page: OpenPage, site: str, booking: tuple[UUID, str], size: Size
) -> None:
    page = open_page(None, size)
    page.goto(site + booking[1])
    check_page(page)
    page.get_by_label("First name").first.fill("Bo")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Write the last name.")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_an_admin_adds_a_rule_and_sees_what_it_will_send(
    open_page: OpenPage, site: str, booking: tuple[UUID, str], size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(f"{site}/admin/reminders/")
    check_page(page)
    page.get_by_role("link", name="Add a rule").click()
    check_page(page)
    page.get_by_role("textbox", name="Name", exact=True).fill(f"Three days {datetime.now(UTC):%H%M%S}")
    page.locator("#mail").select_option("before_start:reminder")
    page.locator("#days").fill("3")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("3 days before it begins")).to_be_visible()
    expect(page.get_by_role("heading", name="How the next one reads")).to_be_visible()
    check_page(page)
