"""Terms in a real browser: written and published in the office, read by everybody, ticked on the names page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice.database import db
from backoffice.services import terms
from backoffice.services.bookings import Order
from backoffice.services.bookings.placing import place
from backoffice.services.reminders import names_link
from backoffice.services.terms import Typed
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.booked import ADMIN, ALICE, placed

pytestmark = pytest.mark.browser

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 4
BODY = f"# Cancelling\n\nUp to 14 days before:\n- all of it back\n- {LONG}\n\n{LONG}\nTom & <b>Jerry</b>"
SHOES = "- Safety shoes\n- A helmet"


def publish(app: Flask, provider: Provider, *bodies: str) -> None:
    with app.app_context(), tenant_scope(provider.id):
        for body in bodies:
            publish_one(body)
        db.session.remove()


def publish_one(body: str) -> None:
    draft = commit_once(lambda: terms.save("terms", Typed("Ours", body), ADMIN, version=0).version)
    commit_once(lambda: terms.publish("terms", ADMIN, version=draft))


def names_page(app: Flask, provider: Provider) -> str:
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(prerequisites=SHOES)
        booking = placed(factories.make_schedule(course=course), 2)
        path: str = names_link.PAGE + names_link.token_of(booking)
        db.session.remove()
    return path


def typed(page: Page, title: str, body: str) -> None:
    page.get_by_label("Heading").fill(title)
    page.get_by_label("Text", exact=True).fill(body)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_public_pages_are_accessible_and_fit(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    publish(app, provider, BODY, f"{BODY}\n\nMore.")
    page = open_page(None, size, java_script_enabled=True)
    for path in ("/terms/terms", "/terms/terms/1", "/terms/waiver"):
        page.goto(site + path)
        check_page(page)


def test_the_terms_are_read_without_a_script_from_the_foot_of_a_page(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    publish(app, provider, "The first words.", "The second words.")
    page = open_page(None, NARROW, java_script_enabled=False)
    page.goto(f"{site}/verify/")
    page.get_by_role("contentinfo").get_by_role("link", name="Terms").click()
    expect(page.get_by_text("The second words.")).to_be_visible()
    page.get_by_role("navigation", name="All versions").get_by_role("link").click()
    expect(page.get_by_text("The first words.")).to_be_visible()
    page.get_by_role("link", name="Read the version in effect").click()
    expect(page.get_by_text("The second words.")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_pages_of_the_office_are_accessible_and_fit(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("admin", size)
    page.goto(f"{site}/admin/terms/")
    check_page(page)
    publish(app, provider, BODY)
    for path in ("", "terms/draft", "waiver/draft", "terms/1"):
        page.goto(f"{site}/admin/terms/{path}")
        check_page(page)
    page.goto(f"{site}/admin/terms/terms/draft")
    typed(page, "Ours", f"{BODY}\n\n{LONG} more")
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("heading", name="Publish terms of booking?")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_version_is_written_and_published_by_keyboard(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, has_script: bool
) -> None:
    page = open_page("admin", WIDE, java_script_enabled=has_script)
    page.goto(f"{site}/admin/terms/terms/draft")
    typed(page, "Our terms", "# Cancelling\n\n14 days before.")
    reads = page.get_by_role("region", name="How it reads")
    if not has_script:
        page.get_by_role("button", name="Show how it reads").press("Enter")
    expect(reads.get_by_role("heading", name="Cancelling")).to_be_visible()
    page.get_by_role("button", name="Publish…").press("Enter")
    page.get_by_role("button", name="Publish version 1").press("Enter")
    expect(page.get_by_text("whoever books from now on accepts version 1")).to_be_visible()
    page.goto(f"{site}/terms/terms")
    expect(page.get_by_text("14 days before.")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_each_person_who_is_named_is_ticked(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    path = names_page(app, provider)
    page = open_page(None, size, java_script_enabled=False)
    page.goto(site + path)
    first = page.get_by_role("group", name="Place 1")
    first.get_by_label("First name").fill("Ada")
    first.get_by_label("Last name").fill("Byron")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Tick the box when Ada brings and holds this.")).to_be_visible()
    first.get_by_label("This person brings and holds").press("Space")
    page.get_by_role("button", name="Save the names").click()
    expect(page.get_by_text("Some are still missing")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_names_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page(None, size)
    page.goto(site + names_page(app, provider))
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_page_of_a_booking_with_consents_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("admin", size)
    publish(app, provider, BODY)
    with app.app_context(), tenant_scope(provider.id):
        course = factories.make_course(prerequisites=SHOES)
        order = Order(factories.make_schedule(course=course).id, 2, ALICE, "bank_transfer", source="web")
        made = commit_once(lambda: place(order, ADMIN)).booking_id
        commit_once(lambda: terms.accept_read_out(made, ADMIN, datetime.now(UTC)))
        db.session.remove()
    page.goto(f"{site}/admin/bookings/details/?id={made}")
    expect(page.get_by_role("link", name="Terms of booking, version 1")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_booking_form_with_things_to_bring_and_a_company_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        date = factories.make_schedule(course=factories.make_course(prerequisites=SHOES)).id
        db.session.remove()
    page = open_page(None, size)
    page.goto(f"{site}/book/{date}")
    page.get_by_text("Booking for a company").click()
    page.get_by_label("Company").fill("Acme Ltd")
    tick = page.get_by_label("Everybody who comes brings and holds this").bounding_box()
    assert tick and tick["width"] < 30
    check_page(page)
