"""The screens of bookings and money in a real browser: accessible, nothing to scroll sideways, by keyboard."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from backoffice.services import refunds
from backoffice.services.bookings import AttendeeIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import get, inside, place
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
PAGES = (
    "bookings/",
    "bookings/details/?id=BOOKING",
    "bookings/move/?id=BOOKING&course=any",
    "bookings/cancel-places/?id=BOOKING",
    "bookings/take-payment/?id=OWING",
    "bookings/request-refund/?id=BOOKING",
    "bookings/name-attendee/?id=BOOKING&attendee=PLACE",
    "customers/",
    "customers/details/?id=CUSTOMER",
    "customers/edit/?id=CUSTOMER",
    "payments/",
    "payments/new/",
    "payments/details/?id=PAYMENT",
    "refunds/details/?id=REFUND",
    "refunds/approve/?id=REFUND",
    "booking_groups/",
    "discount_codes/new/",
    "discount_rules/new/",
    "settings/",
    "settings/edit/?id=TENANT",
    "audit_events/",
)


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


def rows(app: Flask, provider: Provider) -> dict[str, str]:
    """One of everything, by the words that PAGES use."""
    with inside(app, provider):
        factories.make_schedule(price_minor=9000)
        names = (AttendeeIn("Ann", "Cox", requirements="No stairs"), AttendeeIn(), AttendeeIn("Bob", "Lee"))
        booking = get(place(places=3, method="cash", attendees=names, notes="Call back"))
        payment_id = booking.allocations[0].payment_id
        wanted = RefundIn(payment_id, 7500, "ill", booking.id)
        refund = commit_once(lambda: refunds.request(wanted, factories.actor("office")))
        return {
            "BOOKING": str(booking.id),
            "PLACE": str(booking.attendees[0].id),
            "OWING": str(place()),
            "CUSTOMER": str(booking.customer_id),
            "PAYMENT": str(payment_id),
            "REFUND": str(refund.id),
            "TENANT": str(provider.id),
        }


def enter(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["desk", "phone"])
def test_every_page_is_accessible_fits_and_obeys_its_policy(
    app: Flask, provider: Provider, site: str, browser: Browser, size: tuple[int, int]
) -> None:
    ids, email = rows(app, provider), make_login(app, provider, "admin")
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    enter(page, site, email)
    for path in PAGES:
        for word, row_id in ids.items():
            path = path.replace(word, row_id)
        answer = page.goto(f"{site}/admin/{path}")
        assert answer is not None and answer.status == 200, path
        violations = Axe().run(page).response["violations"]
        assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert complaints == []
    page.close()


def test_a_booking_is_moved_without_a_mouse(
    app: Flask, provider: Provider, site: str, browser: Browser
) -> None:
    ids, email = rows(app, provider), make_login(app, provider, "office")
    page = browser.new_page()
    enter(page, site, email)
    page.goto(f"{site}/admin/bookings/move/?id={ids['BOOKING']}&course=any")
    page.locator("input[name=schedule_id]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Move to another date").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("moved to")).to_be_visible()
    expect(page.get_by_text("Moved it to")).to_be_visible()
    page.close()
