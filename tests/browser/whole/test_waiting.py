"""A full date's waiting list, from joining to the paid seat, while somebody else cancels and others look on."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Schedule, WaitingEntryDate
from backoffice.services import terms
from backoffice.services.customers import CustomerIn
from backoffice.services.my import links as my_links
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import NARROW, OpenPage
from tests.services.booked import ADMIN, placed
from tests.whole_program import MAIL_SECONDS, House, Program, path_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW = MAIL_SECONDS * 1000


@pytest.fixture
def full(house: House) -> tuple[UUID, str]:
    """A date whose only place is Bob's, who has paid for it; and the path of his booking."""

    def make() -> tuple[UUID, str]:
        typed = terms.Typed("Our terms", "Be on time.")
        draft = commit_once(lambda: terms.save("terms", typed, ADMIN, version=0).version)
        commit_once(lambda: terms.publish("terms", ADMIN, version=draft))
        date = factories.make_schedule(
            course=factories.make_course(title="First Aid at Work", slug="first-aid"), capacity=1
        )
        bob = CustomerIn(first_name="Bob", last_name="Early", email=house.address("bob"))
        booking = placed(date, 1, "cash", customer=bob)
        return booking.schedule_id, my_links.PAGE + my_links.token_of(booking)

    found: tuple[UUID, str] = house.inside(make)
    return found


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_full_date_to_the_seat(
    open_page: OpenPage, site: str, house: House, program: Program, full: tuple[UUID, str], has_script: bool
) -> None:
    date_id, bobs_path = full
    address = house.address("wanda")
    wanda = open_page(None, NARROW, java_script_enabled=has_script)
    join(wanda, site, address)
    joined = program.mail(address, "You are on the waiting list")
    wanda.goto(site + path_in(joined, "/waiting/"))
    expect(wanda.get_by_text("You are the first in line.")).to_be_visible()
    bob = open_page(None, java_script_enabled=has_script)
    cancel(bob, site + bobs_path)
    offer = program.mail(address, "It is your turn", "£75.00")
    expect_full(open_page(None), site, date_id)
    wanda.goto(site + path_in(offer, "/waiting/"))
    accept_and_pay(wanda, program)
    expect(wanda.get_by_role("heading", name="Thank you, this is paid")).to_be_visible(timeout=SLOW)
    program.mail(address, "is confirmed", "First Aid at Work")
    wanda.goto(site + path_in(offer, "/waiting/"))
    expect(wanda.get_by_role("heading", name="Your places are booked")).to_be_visible()
    assert standing(house, date_id) == (
        {(house.address("bob"), "cancelled", 7500), (address, "confirmed", 7500)}, ["accepted"], 1
    )  # fmt: skip


def join(page: Page, site: str, address: str) -> None:
    """From the page of the course."""
    page.goto(f"{site}/course/first-aid")
    row = page.locator(".date-row")
    expect(row).to_contain_text("Fully booked")
    row.get_by_role("link", name="Join the waiting list").click()
    page.get_by_label("First name").fill("Wanda")
    page.get_by_label("Last name").fill("Walker")
    page.get_by_label("E-mail").fill(address)
    page.get_by_role("button", name="Join the waiting list").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()


def cancel(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Cancel the booking").click()
    expect(page.locator(".my-amount")).to_have_text("£75.00")
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()


def expect_full(stranger: Page, site: str, date_id: UUID) -> None:
    """The place that came free is the list's: nobody passes it by."""
    stranger.goto(f"{site}/course/first-aid")
    expect(stranger.locator(".date-row")).to_contain_text("Fully booked")
    stranger.goto(f"{site}/book/{date_id}")
    expect(stranger.get_by_role("button", name="Continue to the terms")).to_have_count(0)
    expect(stranger.locator(f"a[href*='/waiting/join/{date_id}']").first).to_be_visible()


def accept_and_pay(page: Page, program: Program) -> None:
    expect(page.get_by_role("heading", name="It is your turn")).to_be_visible()
    page.get_by_role("checkbox", name="I have read and accept").check()
    page.get_by_role("button", name="Accept and pay £75.00").click()
    expect(page.get_by_text("Held for you until")).to_be_visible()
    expect(page.locator("[data-clock]")).to_have_text("")  # a day is not counted down in minutes
    page.get_by_role("button", name="by card").click()
    page.wait_for_url(f"{program.run['simulators']}/**")
    page.get_by_role("button", name=re.compile("^Pay £75.00")).click()


def standing(house: House, date_id: UUID) -> Any:
    """The bookings with what is paid, the party's standing, and the places taken."""

    def read() -> Any:
        columns = (Booking.contact_email, Booking.status, Booking.paid_minor)
        return (
            {tuple(row) for row in db.session.execute(select(*columns))},
            list(db.session.scalars(select(WaitingEntryDate.status))),
            db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == date_id)).one(),
        )

    return house.inside(read)
