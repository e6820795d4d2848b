"""The import screen in a real browser: the page that waits shows the result by itself, with and without JavaScript."""

import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from backoffice.database import db
from backoffice.jobs import outbox as outbox_jobs
from backoffice.models import OutboxRow
from backoffice.tenancy import tenant_scope
from tests.factories import Provider
from tests.services.imported import VENUE, table
from tests.web_client import PASSWORD, make_login

pytestmark = pytest.mark.browser

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
FILE = table(VENUE, VENUE | {"slug": "york", "capacity": "many"})


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture
def site(app: Flask, provider: Provider) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{provider.host}:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(
    browser: Browser, app: Flask, provider: Provider, site: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Signed in as an administrator, on the import screen of a telephone."""
    context = browser.new_context(java_script_enabled=request.param, viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.goto(f"{site}/login")
    opened.fill("[name=email]", make_login(app, provider, "admin"))
    opened.fill("[name=password]", PASSWORD)
    opened.keyboard.press("Enter")
    opened.wait_for_url(lambda url: "/login" not in url)
    opened.goto(f"{site}/admin/imports/")
    yield opened
    context.close()


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
    check(page)
    work()
    expect(page.get_by_role("button", name="Import 1 row")).to_be_visible(timeout=10_000)
    check(page)
    page.goto(start)
    check(page)


def check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
