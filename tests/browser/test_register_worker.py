"""The register's page opens again without a connection, for whoever is signed in and for nobody afterwards."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Error, expect

from backoffice.database import db
from backoffice.models import Attendee, TenantDomain, WebSession
from tests import factories
from tests.browser.test_register_offline import ADAM, MARIA, NOT_SENT, ZOE, Room, open_room
from tests.browser_kit import NARROW, OpenPage, check_page
from tests.factories import Provider

pytestmark = pytest.mark.browser

PAGES = "caches.open('registers').then(cache => cache.keys()).then(keys => keys.length)"
OLD = """async () => {
  const cache = await caches.open("registers");
  for (const key of await cache.keys()) {
    const found = await cache.match(key, { ignoreVary: true });
    const headers = new Headers(found.headers);
    headers.set("X-Kept-At", String(Date.now() - 25 * 3600 * 1000));
    await cache.put(key, new Response(await found.text(), { headers }));
  }
}"""


@pytest.fixture
def site(app: Flask, provider: Provider, site_port: int) -> str:
    """At a name that a browser takes for a safe one without a certificate, as it does 127.0.0.1."""
    host = f"{provider.slug}.localhost"
    with app.app_context():
        factories.add(TenantDomain(host=host, tenant_id=provider.id))
        db.session.remove()
    return f"http://{host}:{site_port}"


@pytest.fixture
def room(app: Flask, provider: Provider, site: str, open_page: OpenPage) -> Room:
    here = open_room(app, provider, open_page("instructor", NARROW, has_touch=True), site)
    wait_until_kept(here)
    return here


def wait_until_kept(room: Room, count: int = 1) -> None:
    for _ in range(100):
        if room.page.evaluate(PAGES) == count and room.page.evaluate(
            "navigator.serviceWorker.controller !== null"
        ):
            room.page.wait_for_timeout(500)  # the style sheets follow
            return
        room.page.wait_for_timeout(100)
    pytest.fail("the page was not kept")


def test_the_page_opens_without_a_connection_and_goes_on(room: Room) -> None:
    room.mark(ZOE, "Late")
    room.state("Sent ")
    room.offline()
    room.page.reload()
    expect(room.card(ZOE).get_by_label("Late")).to_be_checked()  # marked after the page was kept
    room.mark(ADAM, "Present")
    room.page.reload()
    room.state(f"2 of 5 marked · {NOT_SENT} (1 person)")
    room.mark(ZOE, "Absent")
    room.offline(False)
    room.state("2 of 5 marked · Sent ")
    assert [room.marked(name) for name in (ZOE, ADAM, MARIA)] == [
        (2, {1: "absent"}), (1, {1: "present"}), (0, {}),
    ]  # fmt: skip


def test_what_people_need_is_not_kept(room: Room) -> None:
    def need() -> None:
        for attendee in db.session.query(Attendee).filter_by(last_name="Young"):
            attendee.requirements = "Insulin"
        db.session.commit()

    room.inside(need)
    room.page.reload()
    expect(room.card(ZOE)).to_contain_text("Insulin")
    room.page.wait_for_timeout(500)
    room.offline()
    room.page.reload()
    expect(room.card(ZOE)).to_contain_text("Needs are not kept on the phone.")
    assert "Insulin" not in room.page.content()
    check_page(room.page)


def test_nothing_is_kept_after_signing_out(room: Room) -> None:
    room.page.locator(".topbar-user summary").click()
    room.page.get_by_role("button", name="Sign out").click()
    room.page.wait_for_url("**/login")
    refuses_to_open(room)


def test_nothing_is_kept_after_the_session_ended(room: Room) -> None:
    def end() -> None:
        db.session.query(WebSession).delete()
        db.session.commit()

    room.inside(end)
    room.page.reload()
    room.page.wait_for_url("**/login**")
    refuses_to_open(room)


def refuses_to_open(room: Room) -> None:
    wait_for_nothing(room)
    room.offline()
    with pytest.raises(Error):
        room.page.goto(room.url)


def wait_for_nothing(room: Room) -> None:
    for _ in range(50):
        if room.page.evaluate(PAGES) == 0:
            return
        room.page.wait_for_timeout(100)
    pytest.fail("the page is still kept")


def test_a_page_of_yesterday_is_not_shown(room: Room) -> None:
    room.offline()
    room.page.reload()  # the control: it is shown today
    expect(room.card(ZOE)).to_be_visible()
    room.page.evaluate(OLD)
    with pytest.raises(Error):
        room.page.reload()
