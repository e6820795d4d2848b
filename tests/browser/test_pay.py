"""Paying by a link in a real browser against the simulators: with and without scripts, and the clerk who sees it paid."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import gateways
from backoffice.models import Booking, Message, Payment, Tenant
from backoffice.services import bookings, payment_links
from backoffice.services.payment_links import Subject
from backoffice.services.tenants import forget_hosts
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, WIDE, Size, check_page, new_context, sign_in
from tests.services.booked import placed
from tests.simulated import Simulators
from tests.web_client import make_login

pytestmark = pytest.mark.browser

MPESA_KEYS = {
    "consumer_key": "simulator-pay",
    "consumer_secret": "simulator-secret-pay",
    "shortcode": "174379",
    "passkey": "simulator-passkey-pay",
    "initiator_name": "simulator",
    "security_credential": "simulator-credential-pay",
}


@dataclass
class House:
    """A provider whose payments go through the simulators, and browsers to look at it."""

    app: Flask
    provider: factories.Provider
    site: str
    browser: Browser
    simulators: Simulators
    problems: list[str] = field(default_factory=list)

    def page(self, size: Size = WIDE, **options: bool) -> Page:
        page = new_context(self.browser, size, **options).new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._note)
        return page

    def _note(self, said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            self.problems.append(said.text)

    def book(self, **tenant: object) -> str:
        """A booking of 75.00 (7,500 shillings) to be paid by link; the path of its page."""
        with self.app.app_context(), tenant_scope(self.provider.id):
            for name, value in tenant.items():
                setattr(db.session.get_one(Tenant, self.provider.id), name, value)
            currency = str(tenant.get("currency", "GBP"))
            price = 7500_00 if currency == "KES" else 75_00
            schedule = factories.make_schedule(currency=currency, price_minor=price)
            booking_id = placed(schedule, method="payment_link").id
            link = commit_once(lambda: payment_links.make(Subject(booking_id), SYSTEM))
            path = f"/pay/{link.token}"
            db.session.remove()
        return path

    def work(self) -> None:
        """What the workers do: ask the gateways about what is open."""
        with self.app.app_context(), tenant_scope(self.provider.id):
            for payment in db.session.scalars(select(Payment)):
                payment.next_check_at = payment.created_at
            ids = [payment.id for payment in db.session.scalars(select(Payment))]
            db.session.commit()
            for payment_id in ids:
                gateways.check(payment_id)
            db.session.remove()

    def payments(self) -> list[str]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            return list(db.session.scalars(select(Payment.status).order_by(Payment.id)))


@pytest.fixture
def house(
    app: Flask, browser: Browser, site_port: int, simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    forget_hosts()
    with app.app_context():
        provider = factories.make_provider(name="React Fast Training", phone="+441134960000")
        with tenant_scope(provider.id):
            factories.make_gateway_account(
                "stripe",
                keys={"secret_key": f"sk_test_simulator_{provider.id.hex}", "webhook_secret": "whsec_x"},
            )
            factories.make_gateway_account("mpesa", keys=MPESA_KEYS)
            db.session.remove()
    site = f"http://{provider.host}:{site_port}"
    bases = {name.lower(): url for name, url in simulators.environ.items()}
    settings = replace(app.extensions["settings"], public_base_url=f"http://localhost:{site_port}", **bases)
    monkeypatch.setitem(app.extensions, "settings", settings)
    made = House(app, provider, site, browser, simulators)
    yield made
    for context in browser.contexts:
        context.close()
    assert made.problems == []


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_card_is_paid_at_the_gateway_and_the_page_says_so(house: House, has_script: bool) -> None:
    path = house.book()
    page = house.page(NARROW, java_script_enabled=has_script)
    page.goto(house.site + path)
    expect(page.get_by_text("no real money moves")).to_be_visible()
    page.get_by_role("button", name="by card").click()
    page.wait_for_url("**/stripe/c/pay/**")
    page.get_by_role("button", name="Pay £75.00", exact=True).click()
    page.wait_for_url("**/back")
    expect(page.locator("h1")).to_have_text("Waiting for the payment")
    house.work()
    expect(page.locator("h1")).to_have_text("Thank you, this is paid", timeout=15_000)
    assert house.payments() == ["succeeded"]


def test_whoever_turns_back_finds_the_same_page_again(house: House) -> None:
    path = house.book()
    page = house.page()
    seen = []
    for _ in range(2):
        page.goto(house.site + path)
        page.get_by_role("button", name="by card").click()
        page.wait_for_url("**/stripe/c/pay/**")
        seen.append(page.url)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Pay for your booking")
    assert len(set(seen)) == 1
    assert house.payments() == ["pending"]


def test_two_quick_clicks_are_one_attempt(house: House) -> None:
    page = house.page()
    page.goto(house.site + house.book())
    page.get_by_role("button", name="by card").dblclick()
    page.wait_for_url("**/stripe/c/pay/**")
    assert house.payments() == ["pending"]


def test_a_declined_card_leads_back_and_can_be_tried_again(house: House) -> None:
    page = house.page()
    page.goto(house.site + house.book())
    page.get_by_role("button", name="by card").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("The card was declined")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{house.site}/pay/*")
    expect(page.locator("h1")).to_have_text("Pay for your booking")


def test_the_gateway_is_not_told_the_links_address(house: House) -> None:
    page = house.page()
    referrers: list[str | None] = []

    def note(asked: Request) -> None:
        if "/stripe/c/pay" in asked.url:
            referrers.append(asked.headers.get("referer"))

    page.on("request", note)
    page.goto(house.site + house.book())
    page.get_by_role("button", name="by card").click()
    page.wait_for_url("**/stripe/c/pay/**")
    assert set(referrers) == {None}


def test_a_prompt_is_answered_on_the_telephone_and_the_page_says_so(house: House) -> None:
    path = house.book(currency="KES", country="KE", time_zone="Africa/Nairobi", smallest_unit_minor=100)
    page = house.page(NARROW)
    page.goto(house.site + path)
    page.get_by_label("Your M-Pesa number").fill("0712 345678")
    check_page(page)
    page.get_by_role("button", name="with M-Pesa").click()
    expect(page.locator("h1")).to_have_text("Waiting for the payment")
    check_page(page)
    telephone = house.page()
    telephone.goto(f"{house.simulators.mpesa_base}/phone")
    telephone.get_by_role("button", name="Enter the PIN and pay").first.click()
    house.work()
    expect(page.locator("h1")).to_have_text("Thank you, this is paid", timeout=15_000)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_every_page_of_a_payment_is_accessible_and_fits(house: House, size: Size) -> None:
    path = house.book()
    page = house.page(size)
    page.goto(house.site + path)
    check_page(page)
    page.goto(f"{house.site}/pay/{'x' * 32}")
    check_page(page)
    with house.app.app_context(), tenant_scope(house.provider.id):
        booking_id = db.session.scalars(select(Booking.id)).one()
        commit_once(lambda: bookings.cancel(booking_id, "Ill", factories.actor("admin")))
        db.session.remove()
    page.goto(house.site + path)
    expect(page.locator("h1")).to_have_text("This booking was cancelled")
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_clerk_books_by_link_without_the_mouse_and_sees_it_paid(house: House, size: Size) -> None:
    with house.app.app_context(), tenant_scope(house.provider.id):
        factories.make_schedule(venue=factories.make_venue(city="Leeds"))
        db.session.remove()
    page = house.page(size)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url) if frame == page.main_frame else None)
    login = make_login(house.app, house.provider)
    page.goto(f"{house.site}/login?next=/admin/desk/")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse 7")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-desk=ready]")
    page.keyboard.type("Nora New")
    page.keyboard.press("Alt+Enter")
    page.locator("#email").focus()
    page.keyboard.type("nora@mail.example")
    page.keyboard.press("Alt+2")
    page.keyboard.type("leeds")
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-date")).to_be_visible()
    page.keyboard.press("Alt+4")
    page.keyboard.press("l")
    expect(page.locator("#hold_until")).to_be_visible()
    expect(page.locator("#mail-words")).to_contain_text("Places held")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result-title")).to_contain_text("Booked: ")
    assert len(loads) <= 3, loads
    check_page(page)
    page.keyboard.press("l")
    expect(page.locator("[data-link-said]")).to_contain_text("Cop")
    page.keyboard.press("m")
    expect(page.locator("[data-link-said]")).to_contain_text("Mail queued to nora@mail.example")
    url = page.locator("#link-url").input_value()
    payer = house.page(NARROW)
    payer.goto(url)
    payer.get_by_role("button", name="by card").click()
    payer.get_by_role("button", name="Pay £75.00", exact=True).click()
    payer.wait_for_url("**/back")
    house.work()
    expect(page.locator("[data-link-pill]")).to_have_text("Paid", timeout=8_000)
    check_page(page)
    with house.app.app_context(), tenant_scope(house.provider.id):
        mails = list(db.session.scalars(select(Message.template).order_by(Message.id)))
    assert mails == ["booking_received", "payment_link", "booking_confirmed"]


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_an_unpaid_booking_is_charged_from_its_page(house: House, size: Size) -> None:
    house.book(currency="KES", country="KE", smallest_unit_minor=100)
    page = house.page(size)
    sign_in(page, house.site, make_login(house.app, house.provider))
    with house.app.app_context(), tenant_scope(house.provider.id):
        booking_id: UUID = db.session.scalars(select(Booking.id)).one()
    page.goto(f"{house.site}/admin/bookings/details/?id={booking_id}")
    page.get_by_role("link", name="Payment link").click()
    expect(page.locator("[data-link-pill]")).to_have_text("Not paid yet")
    check_page(page)
    page.get_by_label("M-Pesa number").fill("0712 345678")
    page.keyboard.press("Enter")
    expect(page.locator("[data-link-said]")).to_contain_text("Prompt sent")
    expect(page.locator("[data-link-pill]")).to_have_text("Being paid at this moment")
    prompts = json.dumps(house.simulators.ledger("mpesa", "simulator-pay"))
    assert "7500" in prompts
