"""A customer gets in by a mailed link, corrects a name, and cancels with what comes back said before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee, Booking, Refund
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.browser_kit import NARROW, OpenPage
from tests.services.booked import person, placed
from tests.whole_program import House, path_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def booking_id(house: House) -> UUID:
    """Two places at 75.00, paid; a tenth is kept of what is cancelled now."""

    def make() -> UUID:
        course = factories.make_course(title="First Aid at Work", refund_window_hours=480, refund_fee_bp=1000)
        jane = CustomerIn(first_name="Jane", last_name="Doe", email=house.address("jane"))
        people = (person("Ada Biron"), person("Bo Cox"))
        date = factories.make_schedule(course=course)
        found: UUID = placed(date, 2, "cash", customer=jane, attendees=people).id
        return found

    made: UUID = house.inside(make)
    return made


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_from_the_mailed_link_to_the_cancelled_booking(
    open_page: OpenPage, site: str, house: House, booking_id: UUID, has_script: bool
) -> None:
    page = open_page(None, NARROW, java_script_enabled=has_script)
    link = sign_in(page, site, house)
    page.get_by_role("link", name="First Aid at Work").click()
    page.get_by_role("link", name="Change Ada Biron").click()
    page.get_by_label("Last name").fill("Byron")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("The name is saved.")).to_be_visible()
    page.get_by_role("link", name="Cancel places or the booking").click()
    expect(page.locator(".my-amount")).to_have_text("£135.00")
    expect(page.get_by_text("We keep £15.00.")).to_be_visible()
    assert standing(house, booking_id) == ("confirmed", {"Ada Byron", "Bo Cox"}, [])
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert standing(house, booking_id) == ("cancelled", {"Ada Byron", "Bo Cox"}, [13_500])
    house.program.mail(house.address("jane"), "cancelled", "First Aid at Work")
    expect_used_up(open_page(None), link)


def sign_in(page: Page, site: str, house: House) -> str:
    """The link that came; opening it does nothing yet."""
    page.goto(f"{site}/my/")
    page.get_by_label("E-mail address").first.fill(house.address("jane"))
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    mail = house.program.mail(house.address("jane"), "Your link to sign in")
    link = site + path_in(mail, "/my/enter/")
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()
    return link


def expect_used_up(stranger: Page, link: str) -> None:
    """Whoever finds the link later does not get in."""
    stranger.goto(link)
    button = stranger.get_by_role("button", name="Sign in")
    if button.count():
        button.first.click()
    stranger.goto(link.partition("/my/")[0] + "/my/payments")
    expect(stranger.get_by_role("button", name="Mail me a link")).to_be_visible()


def standing(house: House, booking_id: UUID) -> Any:
    def read() -> Any:
        names = db.session.scalars(select(Attendee).where(Attendee.booking_id == booking_id))
        return (
            db.session.scalars(select(Booking.status).where(Booking.id == booking_id)).one(),
            {each.name for each in names},
            list(db.session.scalars(select(Refund.amount_minor))),
        )

    return house.inside(read)
