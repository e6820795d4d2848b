"""The public site's settings and what visitors see of them, in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect

from backoffice.domain.colours import darkened
from backoffice.models import CourseInstructor
from backoffice.services import site_look
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider, actor, add, make_course, make_instructor

pytestmark = pytest.mark.browser

PAGE = "/admin/site/"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a camera makes it."""
    file = tmp_path / "IMG 0001.JPG"
    Image.effect_noise((2400, 1200), 60).convert("RGB").save(file, "JPEG")
    return file


def within(app: Flask, provider: Provider, work: Callable[[], Any]) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        return work()


def test_the_preview_follows_what_is_typed(page: Page, site: str) -> None:
    page.goto(f"{site}{PAGE}")
    page.get_by_label("Title").fill("Learn to save a life")
    page.get_by_label("Facebook").fill("https://facebook.com/us")
    expect(page.locator("[data-mini-title]")).to_have_text("Learn to save a life")
    expect(page.locator("[data-mini-links]")).to_have_text("Facebook")
    page.get_by_label("Colour").fill("#ffee88")
    expect(page.locator("[data-contrast]")).to_have_text("Too pale for white letters")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#colour-error")).to_contain_text("is the nearest that works")
    expect(page.get_by_label("Title")).to_have_value("Learn to save a life")


def test_a_site_is_set_up_by_keyboard_and_seen_by_a_stranger(
    open_page: OpenPage, site: str, photo: Path
) -> None:
    page = open_page("admin")
    page.goto(f"{site}{PAGE}")
    page.get_by_label("Title").focus()
    page.keyboard.type("Learn to save a life")
    page.keyboard.press("Tab")
    page.keyboard.type("In Leeds and York")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("looks like this now")
    page.locator("#hero").set_input_files(photo)
    page.locator("#hero").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The picture is saved.")
    stranger = open_page(None)
    stranger.goto(site)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Learn to save a life")
    hero = stranger.locator("img.hero")
    expect(hero).to_have_attribute("src", re.compile(r"^/picture/[0-9a-f]{64}\.webp$"))
    assert hero.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    check_page(stranger)


def test_it_is_set_up_without_scripts(open_page: OpenPage, site: str, photo: Path) -> None:
    page = open_page("admin", java_script_enabled=False)
    page.goto(f"{site}{PAGE}")
    page.get_by_label("Title").fill("Plain and simple")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("looks like this now")
    page.locator("#logo").set_input_files(photo)
    page.locator("form:has(#logo) button").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is saved.")
    expect(page.locator(".mini-title")).to_have_text("Plain and simple")


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_settings_are_accessible_and_fit(
    app: Flask, provider: Provider, open_page: OpenPage, site: str, size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(f"{site}{PAGE}")
    check_page(page)
    page.locator("#host").fill("localhost")
    page.get_by_role("button", name="Add the address").click()
    expect(page.locator("#host-error")).to_be_visible()
    check_page(page)
    for noun, row_id in (
        ("courses", within(app, provider, lambda: make_course().id)),
        ("instructors", within(app, provider, lambda: make_instructor().id)),
    ):
        page.goto(f"{site}/admin/{noun}/details/?id={row_id}")
        expect(page.get_by_role("button", name="Save the picture")).to_be_visible()
        check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_closed_and_open_the_site_is_accessible_and_fits(
    app: Flask, provider: Provider, open_page: OpenPage, site: str, size: Size
) -> None:
    def teach() -> str:
        who = make_instructor(
            name="Siân O’Neill",
            bio="Was a nurse.",
            specializations=["Children"],
            rating="4.5",
            is_published=True,
        )
        add(CourseInstructor(course_id=make_course().id, instructor_id=who.id))
        return str(who.id)

    who = within(app, provider, teach)
    page = open_page(None, size)
    page.goto(f"{site}/instructor/{who}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Siân O’Neill")
    check_page(page)
    staff = open_page("admin", size)
    staff.goto(f"{site}{PAGE}")
    staff.get_by_role("button", name="Close the site").click()
    expect(staff.get_by_role("status")).to_contain_text("closed")
    page.goto(site)
    expect(page.get_by_role("heading", level=1)).to_have_text("This site is not open yet")
    check_page(page)
    staff.goto(site)
    expect(staff.get_by_role("note")).to_contain_text("Only your staff see this page")
    check_page(staff)


def test_the_darkest_and_the_palest_colour_that_are_taken_can_be_read(
    app: Flask, provider: Provider, open_page: OpenPage, site: str
) -> None:
    for colour in ("#000000", darkened("#ffff00"), darkened("#ff00ff"), darkened("#ffffff")):

        def paint(shade: str = colour) -> None:
            site_look.update({"colour": shade, "title": "T", "subtitle": "S"}, actor("admin"))

        within(app, provider, partial(commit_once, paint))
        stranger = open_page(None)
        stranger.goto(site)
        check_page(stranger)


def test_a_broken_photo_is_refused_beside_its_field(page: Page, site: str, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    written = io.BytesIO()
    Image.new("RGB", (600, 600)).save(written, "JPEG")
    file.write_bytes(written.getvalue()[:400])
    page.goto(f"{site}{PAGE}")
    page.locator("#hero").set_input_files(file)
    page.locator("form:has(#hero) button").click()
    expect(page.locator("#hero-error")).to_be_visible()
