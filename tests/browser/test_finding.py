"""A stranger looks for a date: by keyboard, on a telephone, with and without JavaScript."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from backoffice.tenancy import tenant_scope
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, OpenPage, Size, check_page, new_context
from tests.factories import Provider
from tests.services.booked import placed

pytestmark = pytest.mark.browser
START = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=40)


@pytest.fixture
def dates(app: Flask, provider: Provider) -> list[UUID]:
    """A full date, one with few places, a free one; three courses in two towns."""
    with app.app_context(), tenant_scope(provider.id):
        leeds, york = factories.make_venue(city="Leeds"), factories.make_venue(city="York")
        aid = factories.make_course(
            title="First Aid at Work", slug="aid", description="Use a defibrillator.", minimum_age=16,
            outcomes=["Act safely", "Give CPR"], syllabus=["Safety", "Practice"], certificate_years=3,
        )  # fmt: skip
        made = [
            factories.make_schedule(course=aid, venue=leeds, starts_at=START, capacity=2),
            factories.make_schedule(course=aid, venue=york, starts_at=START + timedelta(days=1)),
            factories.make_schedule(
                course=factories.make_course(title="Manual Handling"), venue=york, starts_at=START,
                pricing="free", price_minor=None,
            ),
            factories.make_schedule(
                course=factories.make_course(title="Special Rescue"), venue=leeds, pricing="on_request",
                price_minor=None, starts_at=START + timedelta(days=2),
            ),
        ]  # fmt: skip
        factories.make_course(title="Without Dates")
        placed(made[0], 2)
        return [each.id for each in made]


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, site: str, size: Size, dates: list[UUID]
) -> None:
    page = open_page(None, size)
    month = f"/calendar/{START:%Y-%m}"
    for path in (
        "/", "/dates", month, "/calendar/2026-12?q=nothing", "/course/aid", "/course/nowhere", "/embed",
        "/?town=Leeds&q=first+aid", "/dates?up_to=cheap&from=x", "/?q=zzzz", "/?lang=fr",
    ):  # fmt: skip
        page.goto(f"{site}{path}")
        check_page(page)


def test_a_filter_changes_the_list_and_the_address(open_page: OpenPage, site: str, dates: list[UUID]) -> None:
    page = open_page(None)
    page.goto(site)
    expect(page.locator("#results h2").first).to_have_text("4 courses")
    page.get_by_label("Town", exact=True).select_option("York")
    expect(page.locator("#results h2").first).to_have_text("2 courses found")
    assert page.url.endswith("/?town=York")
    page.get_by_label("What would you like to learn?").fill("handlng")
    page.keyboard.press("Enter")
    expect(page.locator("#results h2").first).to_have_text("1 course found")
    expect(page.get_by_role("heading", name="Manual Handling")).to_be_visible()
    expect(page.locator("[data-said]")).to_have_text("1 course found")
    check_page(page)
    page.go_back()
    expect(page.locator("#results h2").first).to_have_text("2 courses found")
    page.get_by_role("link", name="York Remove this filter").click()
    expect(page.locator("#results h2").first).to_have_text("4 courses")


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_first_page_to_the_booking(
    open_page: OpenPage, site: str, dates: list[UUID], has_script: bool
) -> None:
    page = open_page(None, NARROW, java_script_enabled=has_script)
    page.goto(site)
    page.get_by_label("What would you like to learn?").fill("first aid")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="First Aid at Work", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First Aid at Work")
    expect(page.get_by_text("Act safely")).to_be_visible()
    rows = page.locator(".date-row")
    expect(rows.nth(0)).to_contain_text("Fully booked")
    expect(rows.nth(0).get_by_role("link", name="Waiting list")).to_have_attribute(
        "href", f"/waiting/join/{dates[0]}"
    )
    assert rows.nth(0).get_by_role("link", name="Book: ").count() == 0
    book = rows.nth(1).get_by_role("link", name="Book: ")
    assert book.get_attribute("href") == f"/book/{dates[1]}"


def test_a_day_of_the_calendar_opens_by_keyboard(open_page: OpenPage, site: str, dates: list[UUID]) -> None:
    page = open_page(None)
    page.goto(f"{site}/calendar/{START:%Y-%m}")
    day = page.locator(f'[data-day="{START:%Y-%m-%d}"]')
    assert "2 dates" in str(day.get_attribute("aria-label"))
    day.focus()
    page.keyboard.press("Enter")
    panel = page.locator("[data-day-panel]")
    expect(panel.locator(".date-row")).to_have_count(2)
    expect(panel).to_be_focused()
    check_page(page)


def test_without_javascript_a_day_leads_to_its_list(
    open_page: OpenPage, site: str, dates: list[UUID]
) -> None:
    page = open_page(None, NARROW, java_script_enabled=False)
    page.goto(f"{site}/calendar/{START:%Y-%m}")
    page.locator(f'[data-day="{START:%Y-%m-%d}"]').click()
    expect(page.locator(".date-row")).to_have_count(2)
    page.get_by_role("link", name="Calendar").first.click()
    expect(page.locator(".calendar")).to_be_visible()


def test_months_turn_without_a_new_page_and_back(open_page: OpenPage, site: str, dates: list[UUID]) -> None:
    page = open_page(None)
    page.goto(f"{site}/calendar")
    first = page.locator("#results h2").first.inner_text()
    page.get_by_role("link", name="Next month").click()
    expect(page.locator("#results h2").first).not_to_have_text(first)
    month = urlsplit(page.url).path
    assert month != "/calendar" and page.locator("[data-search]").get_attribute("action") == month
    page.go_back()
    expect(page.locator("#results h2").first).to_have_text(first)


def test_a_slow_answer_shows_grey_shapes_and_then_the_dates(
    open_page: OpenPage, site: str, dates: list[UUID]
) -> None:
    page = open_page(None)
    page.goto(f"{site}/dates")
    held = threading.Event()
    page.route("**/dates?town=York*", lambda route: (held.wait(5), route.continue_()))
    page.get_by_label("Town", exact=True).select_option("York")
    expect(page.locator("#results .skeleton").first).to_be_visible()
    held.set()
    expect(page.locator(".date-row")).to_have_count(2)
    expect(page.locator("#results .skeleton")).to_have_count(0)


def test_more_dates_come_under_those_that_are_there(
    app: Flask, provider: Provider, open_page: OpenPage, site: str
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        course, venue = factories.make_course(), factories.make_venue()
        for number in range(30):
            factories.make_schedule(course=course, venue=venue, starts_at=START + timedelta(days=number))
    page = open_page(None)
    page.goto(f"{site}/dates")
    expect(page.locator(".date-row")).to_have_count(25)
    page.get_by_role("link", name="More dates").click()
    expect(page.locator(".date-row")).to_have_count(30)
    expect(page.get_by_role("link", name="More dates")).to_have_count(0)
    check_page(page)


# --- On another web site ---


@pytest.fixture
def elsewhere(site: str) -> Iterator[str]:
    """A web site that is not ours, which carries the script."""
    script = f'<script src="{site}/embed.js" data-town="York" async></script>'
    page = f'<!DOCTYPE html><html lang="en"><title>Elsewhere</title><h1>Elsewhere</h1>{script}'

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            path = self.path.lstrip("/")
            framed = f'<iframe src="{site}/{path}"></iframe>' if path else page
            self.wfile.write(framed.encode())

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://elsewhere.test:{server.server_port}"
    server.shutdown()


def frame_of(page: Page, path: str) -> str:
    page.wait_for_timeout(800)
    frames = [frame for frame in page.frames if frame != page.main_frame]
    return frames[0].locator("body").inner_text() if frames and path in frames[0].url else ""


def test_the_list_stands_on_another_site_and_leaves_no_cookie(
    browser: Browser, site: str, elsewhere: str, dates: list[UUID]
) -> None:
    context = new_context(browser, WIDE)
    page = context.new_page()
    page.goto(elsewhere)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("First Aid at Work")).to_be_visible()
    expect(frame.get_by_text("Special Rescue")).to_have_count(0)
    link = frame.get_by_role("link", name="First Aid at Work")
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    expect(page.locator("iframe")).not_to_have_attribute("height", "420")
    assert context.cookies() == []
    context.close()


def test_no_other_page_stands_in_a_frame(
    browser: Browser, site: str, elsewhere: str, dates: list[UUID]
) -> None:
    context = new_context(browser, WIDE)
    page = context.new_page()
    page.goto(f"{elsewhere}/embed")
    assert "First Aid at Work" in frame_of(page, "/embed"), "the control: this one does"
    for path in ("dates", "login", "course/aid"):
        page.goto(f"{elsewhere}/{path}")
        assert "First Aid" not in frame_of(page, f"/{path}")
    context.close()
