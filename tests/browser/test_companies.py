"""A company request in a real browser: from the public form to the private date, with scripts and without them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Company, Message
from backoffice.services import letters
from backoffice.services.corporate import deciding, link
from backoffice.services.corporate.deciding import QuoteIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.booked import OFFICE
from tests.services.corporate import world

pytestmark = pytest.mark.browser
DAY = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
def catalogue(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        factories.make_course(title="First Aid at Work", slug="first-aid")
        factories.make_venue(name="The Mill")
        factories.make_instructor(name="Sarah Whitfield")
        factories.make_company(name="Acme Logistics", has_terms=True)
        db.session.remove()


def letter_text(app: Flask, provider: Provider, template: str) -> str:
    with app.app_context(), tenant_scope(provider.id):
        message_id = db.session.scalars(select(Message.id).where(Message.template == template)).one()
        written = letters.write(message_id)
        db.session.remove()
    assert written is not None
    return written.letter.text


def path_in(text: str) -> str:
    """The path of the request's link in a mail."""
    return next(line[line.index(link.PAGE) :] for line in text.splitlines() if link.PAGE in line)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_form_to_the_private_date(
    open_page: OpenPage, site: str, app: Flask, provider: Provider, scripts: bool
) -> None:
    company = open_page(None, NARROW, java_script_enabled=scripts)
    company.goto(f"{site}/companies?course=first-aid")
    company.get_by_label("What it is about").fill("First aid for our warehouse")
    company.get_by_label("How many people").fill("8")
    company.get_by_label("Day 1").fill(DAY.isoformat())
    company.get_by_label("Company", exact=True).fill("Acme Logistics")
    company.get_by_label("Your name").fill("Jo Bloggs")
    company.get_by_label("Phone").fill("07700 900123")
    company.get_by_role("button", name="Send the request").click()
    expect(company.get_by_text("Nothing is sent yet.")).to_be_visible()
    expect(company.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(company.get_by_label("Company", exact=True)).to_have_value("Acme Logistics")
    company.get_by_label("E-mail").fill("jo@acme.example")
    company.get_by_role("button", name="Send the request").click()
    expect(company.get_by_role("heading", name="Thank you")).to_be_visible()

    clerk = open_page("admin", WIDE, java_script_enabled=scripts)
    clerk.goto(f"{site}/admin/work/requests")
    clerk.get_by_role("link", name="TST-Q-").click()
    clerk.get_by_role("link", name="Review…").click()
    clerk.get_by_label("Instructor").select_option(label="Sarah Whitfield")
    clerk.get_by_role("button", name="Review").click()
    clerk.get_by_role("link", name="Quote…").click()
    clerk.get_by_label("Price for all").fill("620")
    clerk.get_by_role("button", name="Quote", exact=True).click()
    expect(clerk.get_by_text("is on its way to jo@acme.example")).to_be_visible()

    company.goto(site + path_in(letter_text(app, provider, "company_quote")))
    company.get_by_role("button", name="Accept the quote").click()
    expect(company.get_by_role("heading", name="You accepted our quote")).to_be_visible()

    clerk.reload()
    clerk.get_by_role("link", name="Confirm…").click()
    expect(clerk.get_by_label("Company optional")).to_have_value(company_id(app, provider))
    clerk.get_by_label("Venue").select_option(label="The Mill, Leeds (20 places)")
    clerk.get_by_role("button", name="Make the date and the booking").click()
    expect(clerk.get_by_text("The private date is made")).to_be_visible()
    company.reload()
    expect(company.get_by_role("heading", name="Your course is booked")).to_be_visible()
    assert "/names/" in letter_text(app, provider, "booking_confirmed")


def company_id(app: Flask, provider: Provider) -> str:
    with app.app_context(), tenant_scope(provider.id):
        found = db.session.scalars(select(Company.id)).one()
        db.session.remove()
    return str(found)


def test_keys_alone_send_the_form(open_page: OpenPage, site: str, app: Flask, provider: Provider) -> None:
    """Also the order of the fields, and that nobody comes to what only programs fill in."""
    page = open_page(None, WIDE)
    page.goto(f"{site}/companies")
    page.get_by_label("Course").focus()
    typed: list[tuple[str, str]] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.type || ''")
        typed.append((name, page.evaluate("document.activeElement.id")))
        if name in VALUES:
            page.keyboard.type(VALUES[name])
        if name == "submit":
            break
    assert "homepage" not in {name for name, _ in typed}
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


VALUES = {
    "topic": "Fire wardens",
    "company_name": "Acme",
    "contact_person": "Jo",
    "email": "jo@acme.example",
    "phone": "07700 900123",
}


def test_another_day_appears_when_it_is_asked_for(open_page: OpenPage, site: str) -> None:
    page = open_page(None, NARROW)
    page.goto(f"{site}/companies")
    expect(page.get_by_label("Day 3")).to_be_hidden()
    for number in (3, 4, 5):
        page.get_by_role("button", name="Add another day").click()
        expect(page.get_by_label(f"Day {number}")).to_be_focused()
    expect(page.get_by_role("button", name="Add another day")).to_be_hidden()
    plain = open_page(None, NARROW, java_script_enabled=False)
    plain.goto(f"{site}/companies")
    expect(plain.get_by_label("Day 5")).to_be_visible()


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage, site: str, app: Flask, provider: Provider, size: Size
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        request = world.submitted(company_name="W" * 60, topic="x" * 200, preferred_dates=(DAY.isoformat(),))
        request_id, path = request.id, link.PAGE + link.token_of(request)
        quote = QuoteIn(62_000, 8, DAY, "We come to you.\nLunch is included.")
        commit_once(lambda: deciding.quote(request_id, quote, OFFICE))
        db.session.remove()
    visitor = open_page(None, size)
    for address in ("/companies", "/companies/thanks", path):
        visitor.goto(site + address)
        check_page(visitor)
    visitor.goto(f"{site}/companies")
    visitor.get_by_role("button", name="Send the request").click()
    check_page(visitor)
    check_office(open_page("admin", size), site, request_id)


def check_office(page: Page, site: str, request_id: UUID) -> None:
    screen = f"{site}/admin/corporate_requests"
    pages: tuple[Any, ...] = ("/", "/new/", f"/details/?id={request_id}")
    verbs = ("quote", "assign", "confirm", "reject", "note")
    for address in (*pages, *(f"/{verb}/?id={request_id}" for verb in verbs)):
        page.goto(screen + address)
        check_page(page)
