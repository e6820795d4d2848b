"""The look in a real browser: accessible, nothing to scroll sideways, keys, menus, a strict policy obeyed."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser_kit import (
    NARROW,
    SIZE_NAMES,
    SIZES,
    check_accessible,
    check_page,
    new_context,
    served,
    watch,
)
from tests.views.admin.toy_screens import COURSES, KINDS, OTHER, toy

__all__ = ["toy"]

pytestmark = pytest.mark.browser

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
    with served(toy) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=SIZES, ids=SIZE_NAMES)
def page(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context, problems = new_context(browser, request.param), list[str]()
    opened = context.new_page()
    watch(opened, site, problems)
    yield opened
    context.close()
    assert problems == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_obeys_its_policy(toy: Flask, site: str, page: Page, name: str) -> None:
    page.goto(site + PAGES[name].replace("ROW", str(toy.extensions["ids"][1])))
    check_page(page)


def test_a_refused_form_is_accessible_and_keeps_what_was_typed(site: str, page: Page) -> None:
    page.goto(f"{site}{COURSES}new/")
    page.get_by_label("Price").fill("lots")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.get_by_label("Price").input_value() == "lots"
    expect(page.get_by_role("alert").filter(has_text="cannot be saved")).to_be_visible()
    check_accessible(page)


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
    context = new_context(browser, NARROW, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}{KINDS}")
    expect(page.get_by_role("navigation", name="Tasks").get_by_role("link", name="Training")).to_be_visible()
    page.locator("input[name=id]").nth(1).check()
    page.get_by_role("button", name="Archive…").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    context.close()


def test_another_tenant_sees_its_own_empty_list(browser: Browser, site: str) -> None:
    context = new_context(browser, extra_http_headers={"X-Tenant": str(OTHER)})
    page = context.new_page()
    page.goto(f"{site}{COURSES}")
    expect(page.get_by_text("No training yet")).to_be_visible()
    context.close()
