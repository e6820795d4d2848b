"""The phone desk as a clerk uses it: a real browser, a real server, no mouse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Booking, Message, WebSession
from backoffice.services.tenants import forget_hosts
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, WIDE, Size, check_page, new_context, watch
from tests.web_client import PASSWORD, make_login

pytestmark = pytest.mark.browser

MOST_PAGE_LOADS = 3
MOST_KEYSTROKES = 60

# The next list of dates is fetched at once and handed over on release(): later than the clerk's next key.
HOLD_NEXT_ANSWER = """() => {
    const real = window.fetch;
    let tell;
    window.held = new Promise((done) => { tell = done; });
    window.fetch = async (address) => {
        window.fetch = real;
        const answer = await real(address);
        tell();
        return new Promise((hand_over) => { window.release = () => hand_over(answer); });
    };
}"""

# Counts what the hand does; set before any script of the page runs.
COUNTER = """
if (window === top) {
window.counted = JSON.parse(sessionStorage.getItem("counted") || '{"mouse": 0, "keys": 0}');
const keep = () => sessionStorage.setItem("counted", JSON.stringify(window.counted));
for (const kind of ["mousedown", "mouseup", "mousemove", "pointerdown", "touchstart", "wheel"])
  addEventListener(kind, () => { window.counted.mouse += 1; keep(); }, true);
addEventListener("keydown", (event) => { if (event.isTrusted) { window.counted.keys += 1; keep(); } }, true);
}
"""


@dataclass
class Desk:
    """A signed-in clerk's browser at a provider of its own."""

    app: Flask
    provider: factories.Provider
    url: str
    login: str
    page: Page
    loads: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        """By keyboard: the address, Tab, the password, Enter."""
        self.page.goto(f"{self.url}/login?next=/admin/desk/")
        self.type(self.login)
        self.press("Tab")
        self.type(PASSWORD)
        self.press("Enter")
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("html[data-desk=ready]")
        self.page.wait_for_selector("#date-list [role=option], #chosen-date:not([hidden])")

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.value"))

    def end_sessions(self) -> None:
        """What twelve hours do, at once."""
        with self.app.app_context(), tenant_scope(self.provider.id):
            db.session.execute(update(WebSession).values(expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
            db.session.commit()

    def bookings(self) -> list[Booking]:
        with self.app.app_context(), tenant_scope(self.provider.id):
            return list(db.session.scalars(select(Booking).order_by(Booking.id)))


@pytest.fixture
def provider(app: Flask) -> factories.Provider:
    """Its references are told from those of other tests."""
    forget_hosts()
    with app.app_context():
        return factories.make_provider(name="React Fast Training", reference_prefix="RFT")


@pytest.fixture
def desk(
    app: Flask, provider: factories.Provider, site: str, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Desk]:
    """Dates in Leeds and York, a caller, a company with terms; every request of the page must stay at home."""
    with app.app_context(), tenant_scope(provider.id):
        leeds, york = (factories.make_venue(city=city, name=f"{city} Hall") for city in ("Leeds", "York"))
        course = factories.make_course(title="First Aid at Work")
        factories.make_schedule(course=course, venue=york)
        factories.make_schedule(course=course, venue=leeds, starts_at=datetime.now(UTC) + timedelta(days=20))
        factories.make_user(
            first_name="Jane", last_name="Smith", email="jane@mail.example", phone="+447700900123"
        )
        factories.make_company(name="Armitage Ltd", has_terms=True, needs_purchase_order=True)
    size: Size = getattr(request, "param", WIDE)
    context = new_context(browser, size)
    context.add_init_script(COUNTER)
    page = context.new_page()
    problems: list[str] = []
    loads: list[str] = []
    watch(page, site, problems)
    page.on("framenavigated", lambda frame: loads.append(frame.url) if frame == page.main_frame else None)
    yield Desk(app, provider, site, make_login(app, provider), page, loads)
    context.close()
    assert problems == []


def test_a_known_caller_is_booked_without_the_mouse_in_few_keys(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.sign_in()
    page = desk.page
    page.evaluate("window.counted.keys = 0")
    desk.type("jane sm")
    expect(page.locator("#caller-list [role=option]").first).to_contain_text("07700 900123")
    desk.press("Enter")
    expect(page.locator("#card")).to_be_visible()
    desk.type("leeds")
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    desk.press("Enter")
    assert desk.focused() == "places"
    desk.press("Enter", "t")
    expect(page.locator("#sum-total")).to_have_text("£75.00")
    desk.press("Enter", "Enter")
    expect(page.locator("#result-title")).to_contain_text("Booked: RFT-")
    counted = page.evaluate("window.counted")
    (booking,) = desk.bookings()
    assert (booking.status, booking.payment_status, booking.source) == ("confirmed", "paid", "phone")
    with desk.app.app_context(), tenant_scope(desk.provider.id):
        assert db.session.scalars(select(Message.template)).all() == ["booking_confirmed"]
    assert counted["mouse"] == 0
    assert len(desk.loads) <= MOST_PAGE_LOADS, desk.loads
    assert counted["keys"] <= MOST_KEYSTROKES
    with capsys.disabled():
        print(
            f"\nknown caller: {counted['keys']} keystrokes, {len(desk.loads)} page loads with sign-in, 0 mouse events"
        )


def test_a_new_caller_with_names_and_account_terms_is_booked_by_keyboard(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.sign_in()
    page = desk.page
    page.evaluate("window.counted.keys = 0")
    desk.type("Mark Armitage")
    desk.press("Alt+Enter")
    desk.type("07700 900456")
    desk.press("Tab")
    desk.type("mark@armitage.example")
    desk.press("Tab")
    desk.type("Armitage Ltd")
    expect(page.locator("#company-terms")).to_contain_text("purchase order needed")
    desk.press("Enter")
    desk.type("york")
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    desk.press("Enter")
    desk.type("2")
    desk.press("Enter")
    desk.type("Bob")
    desk.press("Enter")
    desk.type("Bates")
    desk.press("Enter")
    expect(page.locator("input[value=account]")).to_be_focused()
    desk.press("Enter")
    assert desk.focused() == "purchase_order"
    desk.type("PO 7")
    expect(page.locator("#sum-total")).to_have_text("£150.00")
    desk.press("Control+Enter")
    expect(page.locator("#result")).to_contain_text("Unpaid")
    (booking,) = desk.bookings()
    assert (booking.status, booking.purchase_order, booking.seats) == ("confirmed", "PO 7", 2)
    counted = page.evaluate("window.counted")
    assert counted["mouse"] == 0
    with capsys.disabled():
        print(
            f"\nnew caller, company, two names, purchase order: {counted['keys']} keystrokes, {len(desk.loads)} page loads"
        )


def test_an_expired_session_in_the_middle_loses_nothing(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    desk.type("jane")
    expect(page.locator("#caller-list .is-user")).to_have_count(1)
    desk.press("Enter")
    expect(page.locator("#card")).to_be_visible()
    desk.end_sessions()
    desk.type("leeds")
    dialog = page.locator("#sign-in")
    expect(dialog).to_be_visible()
    desk.type("wrong")
    desk.press("Enter")
    expect(dialog.locator("#again-error")).to_be_visible()
    desk.type(PASSWORD)
    desk.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    assert desk.focused() == "date"
    desk.press("Enter", "Alt+4", "c")
    expect(page.locator("#sum-total")).to_have_text("£75.00")
    desk.end_sessions()
    desk.press("Control+Enter")
    expect(dialog).to_be_visible()
    desk.type(PASSWORD)
    desk.press("Enter")
    expect(page.locator("#result-title")).to_contain_text("Booked")
    assert len(desk.bookings()) == 1
    assert len(desk.loads) <= MOST_PAGE_LOADS


def test_a_reloaded_page_still_has_what_was_typed_but_nothing_private(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    desk.type("Nora New")
    desk.press("Alt+Enter")
    desk.type("nora@mail.example")
    desk.press("Alt+2")
    desk.type("york")
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    desk.press("Enter")
    desk.type("2")
    desk.press("Alt+d")
    page.locator("[id='attendees.1.first_name']").focus()
    desk.type("Bob")
    page.locator("[id='attendees.1.birth_date']").focus()
    desk.type("31/12/1990")
    page.locator("#special_requirements").focus()
    desk.type("Hearing loop")
    page.wait_for_timeout(400)
    kept = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "Bob" in kept
    assert "1990" not in kept
    assert "Hearing" not in kept
    page.reload()
    desk.ready()
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#first_name")).to_have_value("Nora")
    expect(page.locator("[id='attendees.1.first_name']")).to_have_value("Bob")
    expect(page.locator("#sum-total")).to_have_text("£150.00")
    desk.press("Alt+n")
    assert desk.focused() == "caller"
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('desk')).length") == 0


def test_an_overtaken_answer_is_not_chosen_from(desk: Desk) -> None:
    """The first list arrives after the clerk typed on: Enter waits for the list of what was typed."""
    desk.sign_in()
    page = desk.page
    expect(page.locator("#date-list [role=option]")).to_have_count(2)
    page.evaluate(HOLD_NEXT_ANSWER)
    page.locator("#date-town").dispatch_event("change")
    page.evaluate("() => window.held")
    page.locator("#date").focus()
    desk.type("leeds")
    page.evaluate("() => { window.release(); return new Promise((done) => setTimeout(done, 30)); }")
    desk.press("Enter")
    expect(page.locator("#chosen-date")).to_contain_text("Leeds")


def test_the_error_stands_beside_its_field_and_has_the_focus(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    desk.type("Nora New")
    desk.press("Alt+Enter")
    page.locator("#email").focus()
    desk.type("no address")
    desk.press("Alt+2")
    desk.type("york")
    expect(page.locator("#date-list [role=option]")).to_have_count(1)
    desk.press("Enter", "Alt+4", "c", "Control+Enter")
    expect(page.locator("#email-error")).to_be_visible()
    assert desk.focused() == "email"
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#said")).to_contain_text("e-mail address like")
    assert desk.bookings() == []


def test_the_same_caller_is_booked_on_another_date_from_the_result(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    desk.type("jane")
    expect(page.locator("#caller-list .is-user")).to_have_count(1)
    desk.press("Enter")
    expect(page.locator("#card")).to_be_visible()
    for town in ("leeds", "york"):
        desk.type(town)
        expect(page.locator("#date-list [role=option]")).to_have_count(1)
        desk.press("Enter", "Alt+t")
        expect(page.locator("#sum-total")).to_have_text("£75.00")
        desk.press("Control+Enter")
        expect(page.locator("#result")).to_be_visible()
        expect(page.locator("#result")).to_contain_text("Held until")
        if town == "leeds":
            desk.press("c")
            expect(page.locator("#result")).to_be_hidden()
    first, second = desk.bookings()
    assert first.customer_id == second.customer_id
    assert first.schedule_id != second.schedule_id
    desk.press("Enter")
    assert desk.focused() == "caller"
    expect(page.locator("#contact")).to_be_hidden()


def test_a_new_caller_who_is_on_record_already_is_recognised(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    desk.type("Jayne")
    desk.press("Alt+Enter")
    page.locator("#phone").focus()
    desk.type("+44 7700 900123")
    desk.press("Tab")
    expect(page.locator("#contact-note")).to_contain_text("Use the record of Jane Smith")
    page.locator("#contact-note button").focus()
    desk.press("Enter")
    expect(page.locator("#card")).to_contain_text("No booking ahead")
    page.locator("#email").focus()
    desk.type("x")
    expect(page.locator("#contact-note")).to_contain_text("for this booking only")


def test_a_broken_line_is_said_and_a_new_caller_can_still_be_typed(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    page.route("**/admin/desk/callers*", lambda route: route.abort())
    desk.type("Nora New")
    expect(page.locator("#form-error")).to_contain_text("does not answer")
    desk.press("Enter")
    expect(page.locator("#last_name")).to_have_value("New")


def test_a_question_mark_shows_the_keys(desk: Desk) -> None:
    desk.sign_in()
    desk.press("?")
    expect(desk.page.locator("#shortcuts")).to_contain_text("Hold until tomorrow")
    desk.press("Escape")
    desk.type("really?")
    expect(desk.page.locator("#caller")).to_have_value("really?")


def test_a_hostile_name_runs_nowhere_on_the_desk(desk: Desk) -> None:
    with desk.app.app_context(), tenant_scope(desk.provider.id):
        factories.make_user(
            first_name="<img src=x onerror=window.hit=1>", last_name="Evil", email="evil@x.example"
        )
    desk.sign_in()
    page = desk.page
    desk.type("evil")
    expect(page.locator("#caller-list .is-user")).to_contain_text("<img src=x")
    desk.press("Enter")
    expect(page.locator("#card")).to_contain_text("<img src=x")
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("desk", SIZES, indirect=True, ids=SIZE_NAMES)
def test_desk_and_home_are_accessible_and_never_scroll_sideways(desk: Desk) -> None:
    desk.sign_in()
    page = desk.page
    check(page)
    desk.type("jane")
    expect(page.locator("#caller-list .is-user")).to_have_count(1)
    check(page)
    desk.press("Enter")
    expect(page.locator("#card")).to_be_visible()
    desk.press("Enter", "Alt+4", "b", "Alt+d")
    expect(page.locator("#sum-total")).to_have_text("£75.00")
    check(page)
    desk.press("Control+Enter")
    expect(page.locator("#result")).to_be_visible()
    check(page)
    for path in (
        "/admin/",
        "/admin/search?q=jane",
        "/admin/search?q=zzz",
        "/admin/work/unpaid",
        "/admin/work/mails",
    ):
        page.goto(desk.url + path)
        check(page)


def check(page: Page) -> None:
    page.wait_for_timeout(150)  # what a key opened has faded in
    check_page(page)


def test_one_key_opens_a_queue_from_the_home_page(desk: Desk) -> None:
    desk.sign_in()
    desk.page.goto(f"{desk.url}/admin/")
    desk.press("1")
    desk.page.wait_for_url("**/admin/work/unpaid")
