"""Credit at the phone desk, by keyboard: what pays only a part is ticked by the key of credit."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.database import db
from backoffice.services import credit
from tests import factories
from tests.browser_kit import OpenPage
from tests.factories import Provider
from tests.views.admin.money_desk import inside

pytestmark = pytest.mark.browser


def test_the_key_of_credit_ticks_a_part(
    app: Flask, provider: Provider, open_page: OpenPage, site: str
) -> None:
    with inside(app, provider):
        factories.make_schedule()
        caller = factories.make_user(first_name="Jane", last_name="Smith", email="jane@mail.example")
        credit.adjust(caller.id, 20_00, "Goodwill", factories.actor("admin"))
        caller_id = caller.id
        db.session.commit()
    page = open_page("office")
    page.goto(f"{site}/admin/desk/?caller={caller_id}")
    page.wait_for_selector("html[data-desk=ready]")
    page.wait_for_selector("#date-list [role=option]")
    page.keyboard.press("Alt+2")
    page.keyboard.press("Enter")
    expect(page.locator("#credit-part")).to_be_visible()
    page.keyboard.press("Alt+4")
    page.keyboard.press("r")
    expect(page.locator("#use-credit")).to_be_checked()
    expect(page.locator("#sum-rest")).to_have_text("£55.00")
    page.keyboard.press("r")
    expect(page.locator("#use-credit")).not_to_be_checked()
