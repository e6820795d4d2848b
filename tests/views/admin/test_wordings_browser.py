"""Mail texts and mails to a date in a real browser: accessible, as wide as the window, shown as they are typed."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.tenancy import tenant_scope
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, OpenPage, Size, check_page
from tests.factories import Provider
from tests.jobs.bookings import book

pytestmark = pytest.mark.browser


def date_with_bookings(app: Flask, provider: Provider) -> str:
    with app.app_context(), tenant_scope(provider.id):
        schedule_id = factories.make_schedule().id
        for name in ("Ann", "Ben"):
            book(f"{name.lower()}@x.example", name=(name, "Doe"), schedule_id=schedule_id)
        return str(schedule_id)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    schedule_id = date_with_bookings(app, provider)
    page = open_page("admin", size)
    for path in ("mail-texts/", "mail-texts/reminder/", f"bulk-mails/new/{schedule_id}/"):
        page.goto(f"{site}/admin/{path}")
        check_page(page)
    page.get_by_role("button", name="Save and look at it").click()
    expect(page.locator("main")).to_contain_text("Nothing is sent yet.")
    check_page(page)
    page.get_by_role("button", name="Send to 2 people").click()
    expect(page.locator("main")).to_contain_text("0 of 2")
    check_page(page)
    page.goto(f"{site}/admin/mail-texts/reminder/")
    page.get_by_label("Text", exact=True).fill("{{ nothing }}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-problems]")).to_contain_text("This cannot be saved yet")
    check_page(page)


def test_a_key_puts_its_variable_where_one_writes_and_the_mail_follows(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    date_with_bookings(app, provider)
    page = open_page("admin", WIDE)
    page.goto(f"{site}/admin/mail-texts/thanks/")
    words = page.get_by_label("Text", exact=True)
    words.fill("Hello !")
    words.press("ArrowLeft")
    page.locator(".variable-keys").get_by_role("button", name="name", exact=True).click()
    expect(words).to_have_value("Hello {{ name }}!")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Hello Ben Doe!")
    words.press("End")
    words.type("{{ nam }}")
    expect(page.locator(".error")).to_have_text(
        "Line 1: there is no variable “nam” in this mail. Did you mean “name”?"
    )
    expect(page.locator("[data-stale]")).to_contain_text("As it was before the last change")
    words.fill("Fine")
    expect(page.locator(".error")).to_have_count(0)
    page.get_by_label("Subject", exact=True).click()
    page.locator(".variable-keys").get_by_role(
        "button", name="days", exact=True
    ).click()  # of several lines: into the text
    expect(words).to_have_value("Fine{{ days }}")


def test_without_scripts_it_is_tried_and_saved(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    date_with_bookings(app, provider)
    page = open_page("admin", NARROW, java_script_enabled=False)
    page.goto(f"{site}/admin/mail-texts/thanks/")
    expect(page.locator(".variable-keys")).to_be_hidden()
    page.get_by_label("Text", exact=True).fill("Dear {{ name }}, bye.")
    page.get_by_role("button", name="Show how it reads").click()
    expect(page.locator("main")).to_contain_text("Original")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Dear Ben Doe, bye.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("the mail goes out in your words")
    page.get_by_role("button", name="Back to the original").click()
    expect(page.locator("main")).to_contain_text("original words again")
