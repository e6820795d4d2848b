"""The import screen in a real browser: the page that waits shows the result by itself, with and without JavaScript."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.jobs import outbox as outbox_jobs
from backoffice.models import OutboxRow
from backoffice.tenancy import tenant_scope
from tests.browser_kit import NARROW, OpenPage, check_page
from tests.factories import Provider
from tests.services.imported import VENUE, table

pytestmark = pytest.mark.browser

FILE = table(VENUE, VENUE | {"slug": "york", "capacity": "many"})


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(open_page: OpenPage, site: str, request: pytest.FixtureRequest) -> Page:
    """Signed in as an administrator, on the import screen of a telephone."""
    opened = open_page("admin", NARROW, java_script_enabled=request.param)
    opened.goto(f"{site}/admin/imports/")
    return opened


@pytest.fixture
def work(app: Flask, provider: Provider) -> Callable[[], None]:
    """What a worker does when the bell rings."""

    def run() -> None:
        with app.app_context(), tenant_scope(provider.id):
            rows = list(db.session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None))))
        for row_id in rows:
            with app.app_context():
                outbox_jobs.handle(str(provider.id), str(row_id))

    return run


def test_the_page_shows_by_itself_what_became_of_the_file(page: Page, work: Callable[[], None]) -> None:
    page.select_option("#kind", "venues")
    page.set_input_files("#file", {"name": "venues.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("main progress")).to_be_visible()
    work()
    button = page.get_by_role("button", name="Import 1 row")
    expect(button).to_be_visible(timeout=10_000)
    expect(page.locator("main")).to_contain_text("“many” is not a whole number")
    button.click()
    expect(page.locator("main progress")).to_be_visible()
    work()
    expect(page.locator(".pill-good").first).to_have_text("Imported", timeout=10_000)


@pytest.mark.parametrize("page", [True], indirect=True)
def test_the_screen_is_accessible_and_nothing_scrolls_sideways(page: Page, work: Callable[[], None]) -> None:
    start = page.url
    page.select_option("#kind", "venues")
    page.set_input_files("#file", {"name": "venues.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("main progress")).to_be_visible()
    check_page(page)
    work()
    expect(page.get_by_role("button", name="Import 1 row")).to_be_visible(timeout=10_000)
    check_page(page)
    page.goto(start)
    check_page(page)
