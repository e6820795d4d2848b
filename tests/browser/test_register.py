"""The register in a real browser: accessible, as wide as the window, by thumb and by keyboard."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import User
from backoffice.services.registers import Change
from backoffice.tenancy import tenant_scope
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_fits, check_page
from tests.factories import Provider
from tests.services.booked import ADMIN
from tests.services.registers.world import NAMES, Taught, book, teach, teacher_of

pytestmark = pytest.mark.browser

ZOE, ADAM, *_ = NAMES
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2


def taught_by_login(app: Flask, provider: Provider, **values: Any) -> UUID:
    """A date of the one who signed in as an instructor, with people of every sort."""
    with app.app_context(), tenant_scope(provider.id):
        user = db.session.scalars(select(User).where(User.role == "instructor")).one()
        taught: Taught = teach(people=2, **values)
        teacher_of(taught.schedule, user)
        book(taught, f"{LONG} {LONG}", special_requirements="Wheelchair access\n" + "No nuts. " * 30)
        book(taught, "Pen Ding", method="bank_transfer")
        found = taught.schedule_id
        db.session.remove()
    return found


def mark_elsewhere(app: Flask, provider: Provider, schedule_id: UUID, name: str, status: str) -> None:
    """What somebody else does meanwhile."""
    with app.app_context(), tenant_scope(provider.id):
        taught = Taught(schedule_id, ADMIN, None)  # type: ignore[arg-type]
        row = taught.row(name)
        taught.mark(Change(row.attendee_id, row.version, {1: status}))
        db.session.remove()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("instructor", size)
    schedule_id = taught_by_login(app, provider, days=3)
    page.goto(f"{site}/admin/my-dates/")
    check_page(page)
    for query in ("", "?day=all", "?day=1"):
        page.goto(f"{site}/admin/registers/{schedule_id}{query}")
        for summary in page.locator("details.more summary").all():
            summary.click()
        check_page(page)
    page.get_by_role("link", name="Somebody else came").first.click()
    page.get_by_role("button", name="Give the place").click()
    page.wait_for_load_state("networkidle")
    check_page(page)


def test_two_who_mark_the_same_person_on_a_telephone_without_scripts(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    page = open_page("instructor", NARROW, java_script_enabled=False)
    schedule_id = taught_by_login(app, provider)
    page.goto(f"{site}/admin/registers/{schedule_id}")
    mark_elsewhere(app, provider, schedule_id, ZOE, "absent")
    zoe = page.locator(".person", has_text=ZOE)
    zoe.locator("label", has_text="Present").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".problems")).to_contain_text("1 person was marked by somebody else")
    expect(zoe).to_contain_text("There now")
    check_fits(page)  # axe needs a page that runs scripts
    zoe.locator("label", has_text="Use mine").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved for 1 person.")).to_be_visible()
    expect(zoe.get_by_label("Present")).to_be_checked()


def test_a_register_is_marked_by_keyboard(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    page = open_page("instructor")
    page.goto(f"{site}/admin/registers/{taught_by_login(app, provider)}")
    first = page.locator(".person").first
    first.get_by_label("Present").focus()
    page.keyboard.press("ArrowRight")
    expect(first.get_by_label("Late")).to_be_checked()
    page.keyboard.press("Enter")  # the first key of the form: Save
    expect(page.locator("[data-state]")).to_contain_text("1 of 4 marked · Sent ", timeout=15_000)
    page.reload()
    expect(page.locator(".person").first.get_by_label("Late")).to_be_checked()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_a_date_is_completed_and_corrected_by_an_administrator(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    open_page("instructor", size)
    page = open_page("admin", size)
    page.goto(f"{site}/admin/registers/{taught_by_login(app, provider)}")
    for key in ("The rest is present", "The rest has passed"):
        with page.expect_navigation():
            page.get_by_role("button", name=key).click()
    page.get_by_role("button", name="Save and complete").click()
    expect(page.get_by_text("The date is completed: 3 bookings completed, no no-show.")).to_be_visible(
        timeout=15_000
    )
    check_page(page)
    page.locator("details.more summary").first.click()
    page.get_by_role("link", name="Approve an exception").first.click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Reason is needed.")).to_be_visible()
    check_page(page)
