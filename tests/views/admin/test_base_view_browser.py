"""The look in a real browser: accessible, nothing to scroll sideways, keys, menus, a strict policy obeyed."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.views.admin.toy_screens import COURSES, KINDS, OTHER, toy

__all__ = ["toy"]

pytestmark = pytest.mark.browser

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "list": KINDS,
    "empty list": COURSES,
    "nothing found": f"{KINDS}?search=zzz",
    "wrong filter": f"{KINDS}?archived=perhaps",
    "details": f"{KINDS}details/?id=ROW",
    "create": f"{COURSES}new/",
    "edit": f"{KINDS}edit/?id=ROW",
    "confirm": f"{KINDS}archive/?id=ROW",
    "delete": f"{KINDS}delete/?id=ROW",
    "not found": f"{KINDS}details/?id=x",
}


@pytest.fixture(scope="module")
def site(toy: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, toy, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture(params=[(1280, 800), (360, 740)], ids=["desk", "phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_obeys_its_policy(toy: Flask, site: str, page: Page, name: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site + PAGES[name].replace("ROW", str(toy.extensions["ids"][1])))
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


def test_a_refused_form_is_accessible_and_keeps_what_was_typed(site: str, page: Page) -> None:
    page.goto(f"{site}{COURSES}new/")
    page.get_by_label("Price").fill("lots")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.get_by_label("Price").input_value() == "lots"
    expect(page.get_by_role("alert").filter(has_text="cannot be saved")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_the_menu_of_a_phone_opens_and_that_of_a_desk_is_always_there(site: str, page: Page) -> None:
    page.goto(f"{site}{KINDS}")
    entry = page.get_by_role("navigation", name="Tasks").get_by_role("link", name="Training")
    if page.viewport_size and page.viewport_size["width"] < 400:
        expect(entry).to_be_hidden()
        page.get_by_text("Menu", exact=True).click()
    expect(entry).to_be_visible()


def test_rows_are_ticked_and_led_to_the_page_that_asks(site: str, page: Page) -> None:
    page.goto(f"{site}{KINDS}?archived=no")
    for number in (0, 1):
        page.locator("input[name=id]").nth(number).check()
    expect(page.get_by_text("2 ticked")).to_be_visible()
    page.get_by_role("button", name="Archive…").click()
    expect(page.get_by_text("2 course types:")).to_be_visible()


def test_keys_open_what_a_page_offers(site: str, page: Page) -> None:
    page.goto(f"{site}{KINDS}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("]")
    page.wait_for_url("**page=1")
    page.keyboard.press("n")
    page.wait_for_url("**/new/")


def test_it_works_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{site}{KINDS}")
    expect(page.get_by_role("navigation", name="Tasks").get_by_role("link", name="Training")).to_be_visible()
    page.locator("input[name=id]").nth(1).check()
    page.get_by_role("button", name="Archive…").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    context.close()


def test_another_tenant_sees_its_own_empty_list(browser: Browser, site: str) -> None:
    context = browser.new_context(extra_http_headers={"X-Tenant": str(OTHER)})
    page = context.new_page()
    page.goto(f"{site}{COURSES}")
    expect(page.get_by_text("No training yet")).to_be_visible()
    context.close()
