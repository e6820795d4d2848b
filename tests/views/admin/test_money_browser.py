"""The screens of bookings and money in a real browser: accessible, nothing to scroll sideways, by keyboard."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.services import refunds
from backoffice.services.bookings import AttendeeIn
from backoffice.services.refunds import RefundIn
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.views.admin.money_desk import get, inside, place

pytestmark = pytest.mark.browser

PAGES = (
    "bookings/",
    "bookings/details/?id=BOOKING",
    "bookings/move/?id=BOOKING&course=any",
    "bookings/cancel-places/?id=BOOKING",
    "bookings/take-payment/?id=OWING",
    "bookings/request-refund/?id=BOOKING",
    "bookings/name-attendee/?id=BOOKING&attendee=PLACE",
    "customers/",
    "customers/details/?id=CUSTOMER",
    "customers/edit/?id=CUSTOMER",
    "payments/",
    "payments/new/",
    "payments/details/?id=PAYMENT",
    "refunds/details/?id=REFUND",
    "refunds/approve/?id=REFUND",
    "booking_groups/",
    "discount_codes/new/",
    "discount_rules/new/",
    "settings/",
    "settings/edit/?id=TENANT",
    "audit_events/",
)


def rows(app: Flask, provider: Provider) -> dict[str, str]:
    """One of everything, by the words that PAGES use."""
    with inside(app, provider):
        factories.make_schedule(price_minor=9000)
        names = (AttendeeIn("Ann", "Cox", requirements="No stairs"), AttendeeIn(), AttendeeIn("Bob", "Lee"))
        booking = get(place(places=3, method="cash", attendees=names, notes="Call back"))
        payment_id = booking.allocations[0].payment_id
        wanted = RefundIn(payment_id, 7500, "ill", booking.id)
        refund = commit_once(lambda: refunds.request(wanted, factories.actor("office")))
        return {
            "BOOKING": str(booking.id),
            "PLACE": str(booking.attendees[0].id),
            "OWING": str(place()),
            "CUSTOMER": str(booking.customer_id),
            "PAYMENT": str(payment_id),
            "REFUND": str(refund.id),
            "TENANT": str(provider.id),
        }


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_is_accessible_fits_and_obeys_its_policy(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    ids, page = rows(app, provider), open_page("admin", size)
    for path in PAGES:
        for word, row_id in ids.items():
            path = path.replace(word, row_id)
        answer = page.goto(f"{site}/admin/{path}")
        assert answer is not None and answer.status == 200, path
        check_page(page)


def test_a_booking_is_moved_without_a_mouse(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    ids, page = rows(app, provider), open_page("office")
    page.goto(f"{site}/admin/bookings/move/?id={ids['BOOKING']}&course=any")
    page.locator("input[name=schedule_id]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Move to another date").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("moved to")).to_be_visible()
    expect(page.get_by_text("Moved it to")).to_be_visible()
