"""A full date's waiting list from joining to the seat, in a real browser, with scripts and without."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message, Schedule, WaitingEntryDate
from backoffice.services import letters, terms
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, WIDE, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.waiting import world

pytestmark = pytest.mark.browser

ADMIN = factories.actor("admin")


@pytest.fixture
def house(app: Flask, provider: Provider) -> Any:
    """Run something as the provider."""

    def run(work: Any) -> Any:
        with app.app_context(), tenant_scope(provider.id):
            try:
                return work()
            finally:
                db.session.rollback()
                db.session.remove()

    return run


@pytest.fixture
def dates(house: Any) -> tuple[UUID, UUID]:
    """Two full dates of one free course, whose terms are to be accepted."""

    def make() -> tuple[UUID, UUID]:
        typed = terms.Typed("Our terms", "Come on time.\n\nBring a pen.")
        draft = commit_once(lambda: terms.save("terms", typed, ADMIN, version=0).version)
        commit_once(lambda: terms.publish("terms", ADMIN, version=draft))
        course = factories.make_course()
        made = [world.full_date(2, course=course, pricing="free", price_minor=None) for _ in range(2)]
        return made[0].id, made[1].id

    return house(make)


def newest_link(house: Any, email: str) -> str:
    """The path in the newest mail to somebody."""

    def read() -> str:
        message = db.session.scalars(
            select(Message.id).where(Message.recipient == email).order_by(Message.id.desc()).limit(1)
        ).one()
        written = letters.write(message)
        assert written is not None
        found = re.search(r"https?://[^/\s]+(/waiting/[\w-]+)", written.letter.text)
        assert found
        return found.group(1)

    return house(read)


def free_a_place(house: Any, date_id: UUID) -> None:
    def free() -> None:
        date = db.session.get_one(Schedule, date_id)
        world.cancel_one(date)
        world.look_after(date)

    house(free)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_full_date_to_the_seat(
    open_page: OpenPage, site: str, house: Any, dates: tuple[UUID, UUID], size: Size, scripts: bool
) -> None:
    page = open_page(None, size, java_script_enabled=scripts)
    page.goto(f"{site}/waiting/join/{dates[0]}")
    page.get_by_label("Last name").press("Enter")  # by keyboard, and too early
    expect(page.get_by_text("Enter your name.")).to_be_visible()
    if scripts:
        check_page(page)
    page.get_by_label("First name").fill("Wanda")
    page.get_by_label("Last name").fill("Walker")
    page.get_by_label("E-mail").fill("wanda@x.example")
    page.get_by_role("checkbox").check()
    page.get_by_label("E-mail").press("Enter")
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    if scripts:
        check_page(page)
    link = site + newest_link(house, "wanda@x.example")
    page.goto(link)
    expect(page.get_by_text("You are the first in line.")).to_have_count(2)
    if scripts:
        check_page(page)
    free_a_place(house, dates[0])
    page.goto(link)
    expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    page.get_by_role("button", name="Accept the places").click()
    expect(page.get_by_text("Tick the box to accept the terms.")).to_be_visible()
    if scripts:
        check_page(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Accept the places").click()
    expect(page.get_by_role("heading", name="Your places are booked")).to_be_visible()
    if scripts:
        check_page(page)
    found = house(
        lambda: db.session.execute(
            select(WaitingEntryDate.status, Booking.status)
            .outerjoin(Booking, Booking.id == WaitingEntryDate.booking_id)
            .order_by(WaitingEntryDate.id)
        ).all()
    )
    assert sorted(map(tuple, found), key=str) == [("accepted", "confirmed"), ("ended", None)]


def test_declining_keeps_the_other_date_and_leaving_ends_it(
    open_page: OpenPage, site: str, house: Any, dates: tuple[UUID, UUID]
) -> None:
    house(lambda: world.joined("ann", *[db.session.get_one(Schedule, each) for each in dates]))
    free_a_place(house, dates[0])
    page = open_page(None, WIDE)
    page.goto(site + newest_link(house, "ann@x.example"))
    page.get_by_role("button", name="No, I cannot come").click()
    expect(page.get_by_role("heading", name="You are on the waiting list")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Leave the waiting list").click()
    expect(page.get_by_role("heading", name="You left the waiting list")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Join again"))).to_have_count(2)
    check_page(page)
    page.reload()
    expect(page.get_by_role("heading", name="You left the waiting list")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_office_sees_and_picks(
    open_page: OpenPage, site: str, house: Any, dates: tuple[UUID, UUID], size: Size
) -> None:
    def wait() -> None:
        date = db.session.get_one(Schedule, dates[0])
        world.joined("ann", date, places=2)
        world.joined("bob", date)
        world.cancel_one(date, 2)

    house(wait)
    page: Page = open_page("admin", size)
    page.goto(f"{site}/admin/waiting/")
    check_page(page)
    page.get_by_role("table").get_by_role("link").first.click()
    bobs = page.get_by_role("link", name="Offer… to Bob Ting")
    expect(bobs).to_be_visible()
    check_page(page)
    bobs.click()
    expect(page.get_by_text("It is not this party’s turn")).to_be_visible()
    page.get_by_role("button", name="Offer the places").click()
    expect(page.get_by_text("Reason is needed.").last).to_be_visible()
    check_page(page)
    page.get_by_label("Reason").fill("Needs it for work")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The places are held for Bob Ting.")).to_be_visible()
    check_page(page)
    page.get_by_label("Last name").fill("Caller")
    page.locator("#phone").fill("07700 900345")
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_text("There are places on this date: book them instead.").first).to_be_visible()
    check_page(page)
    page.locator("#places").fill("2")
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_text("Caller is on the list.")).to_be_visible()
    page.goto(f"{site}/admin/work/waiting")
    check_page(page)
