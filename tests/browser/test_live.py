"""An open page in a real browser: its places stay true while others book."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Page, expect
from werkzeug import Response

from backoffice.database import db
from backoffice.models import Schedule
from backoffice.services import bookings, live
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page, served
from tests.factories import Provider
from tests.live_kit import until
from tests.races.arena import order
from tests.views.desk.conftest import Clerk
from tests.views.desk.conftest import order as at_the_desk

pytestmark = pytest.mark.browser

# As the public pages have it: their own templates are tested with them.
DRAWN = """
{% extends "public/layout.html" %}
{% from "public/places.html" import places, booking_now, live_places with context %}
{% block title %}Dates{% endblock %}
{% block main %}<h1>Dates</h1><ul>{% for date in dates %}
<li>{{ places(date) }} {{ booking_now(date) }}
  <a href="/book/{{ date.id }}" data-while-open="{{ date.id }}">Book</a>
  <a href="/waiting/{{ date.id }}" data-while-full="{{ date.id }}" hidden>Join the waiting list</a></li>
{% endfor %}</ul>{% if booking %}<p data-live-booking="{{ booking }}">You are booking.</p>{% endif %}{% endblock %}
{% block tail %}{{ live_places() }}{% endblock %}
"""

SOON = 2_000  # milliseconds


def inside(app: Flask, provider: Provider, work: Callable[[], Any]) -> Any:
    with app.app_context(), tenant_scope(provider.id):
        try:
            return commit_once(work)
        finally:
            db.session.remove()


def book(app: Flask, provider: Provider, schedule_id: UUID, number: int = 1, **more: Any) -> Any:
    wanted = order(schedule_id, number, **more)
    return inside(app, provider, lambda: bookings.place(wanted, factories.actor("office")))


@pytest.fixture
def hub(app: Flask) -> Iterator[live.Hub]:
    """At the end every stream is given back, as the windows are closed."""
    yield app.extensions["live_hub"]


@pytest.fixture
def dates(app: Flask, provider: Provider) -> list[UUID]:
    return [inside(app, provider, lambda: factories.make_schedule(capacity=4).id) for _ in range(2)]


class WithDrawn:
    """The program, and beside it one page that the test draws."""

    def __init__(self, app: Flask) -> None:
        self.app, self.text = app, ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/drawn":
            return self.app(environ, start_response)
        return Response(self.text, mimetype="text/html")(environ, start_response)


@pytest.fixture(scope="module")
def drawn(app: Flask) -> WithDrawn:
    return WithDrawn(app)


@pytest.fixture(scope="module")
def site_port(drawn: WithDrawn) -> Iterator[int]:
    with served(drawn) as port:  # type: ignore[arg-type]
        yield port


@pytest.fixture
def draw(app: Flask, drawn: WithDrawn, provider: Provider, site: str) -> Callable[..., None]:
    """`draw(page, ids, booking=None)`: open a page of these dates."""

    def draw_one(page: Page, ids: Sequence[UUID], booking: UUID | None = None) -> None:
        with app.test_request_context("/", base_url=site), tenant_scope(provider.id):
            rows = [db.session.get_one(Schedule, each) for each in ids]
            drawn.text = render_template_string(DRAWN, dates=rows, booking=booking)
            db.session.remove()
        page.goto(f"{site}/drawn")

    return draw_one


def test_a_booking_at_the_desk_changes_an_open_page(
    app: Flask,
    provider: Provider,
    hub: live.Hub,
    open_page: OpenPage,
    draw: Callable[..., None],
    dates: list[UUID],
) -> None:
    page = open_page(None)
    draw(page, dates)
    mine, other = (page.locator(f'[data-places="{each}"]') for each in dates)
    expect(mine).to_have_text("4 places left")
    assert until(lambda: hub.open_streams, meanwhile=page.wait_for_timeout)
    book(app, provider, dates[0], places=3)
    expect(mine).to_have_text("Only 1 place left", timeout=SOON)
    expect(mine).to_have_class(re.compile("is-few"))
    expect(mine).to_have_class(re.compile("is-new"))
    expect(page.get_by_role("link", name="Join the waiting list")).to_have_count(0)
    placed = book(app, provider, dates[0], 2)
    expect(mine).to_have_text("Fully booked", timeout=SOON)
    expect(page.get_by_role("link", name="Join the waiting list")).to_be_visible()
    expect(page.get_by_role("link", name="Book", exact=True)).to_have_count(1)
    inside(app, provider, lambda: bookings.cancel(placed.booking_id, "Ill", factories.actor("office")))
    expect(mine).to_have_text("Only 1 place left", timeout=SOON)
    expect(page.get_by_role("link", name="Book", exact=True)).to_have_count(2)
    expect(other).to_have_text("4 places left")


def test_a_booking_taken_at_the_desk_changes_every_page_that_shows_the_date(
    app: Flask, provider: Provider, hub: live.Hub, site: str, open_page: OpenPage
) -> None:
    """The pages as they are: list, course, calendar, booking; the desk over HTTP, as its script asks."""
    starts = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=30)
    course = inside(app, provider, lambda: factories.make_course(title="First Aid", slug="aid").id)
    made = partial(factories.make_schedule, course_id=course, starts_at=starts, capacity=4)
    date = inside(app, provider, lambda: made().id)
    paths = ("/dates", "/course/aid", f"/calendar/{starts:%Y-%m}", f"/book/{date}")
    pages = [open_page(None) for _ in paths]
    for page, path in zip(pages, paths, strict=True):
        page.goto(site + path)
        if path.startswith("/calendar"):
            page.locator("a.day").click()  # its dates come without a new page
        expect(page.locator(f'[data-places="{date}"]').first).to_have_text("4 places left")
    assert until(lambda: hub.open_streams == len(paths), 5, pages[0].wait_for_timeout)
    answer = Clerk(app, provider).send("book", at_the_desk(str(date), places="2"))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    began = time.monotonic()
    for page in pages:
        places = page.locator(f'[data-places="{date}"]').first
        expect(places).to_have_text("2 places left", timeout=SOON)
    assert time.monotonic() - began < SOON / 1000


def test_others_who_book_are_counted_and_never_oneself(
    provider: Provider, open_page: OpenPage, draw: Callable[..., None], dates: list[UUID]
) -> None:
    first, second, looking = open_page(None), open_page(None), open_page(None)
    draw(looking, dates)
    draw(first, dates[:1], dates[0])
    expect(looking.get_by_text("1 other person is booking this date")).to_be_visible(timeout=SOON)
    expect(first.locator("[data-booking-now]")).to_have_text("")
    draw(second, dates[:1], dates[0])
    expect(looking.get_by_text("2 others are booking this date")).to_be_visible(timeout=SOON)
    expect(first.get_by_text("1 other person is booking this date")).to_be_visible(timeout=SOON)
    expect(second.get_by_text("1 other person is booking this date")).to_be_visible(timeout=SOON)
    second.reload()
    expect(second.get_by_text("1 other person is booking this date")).to_be_visible(timeout=SOON)


def test_without_streams_the_page_asks(
    app: Flask,
    provider: Provider,
    hub: live.Hub,
    open_page: OpenPage,
    draw: Callable[..., None],
    dates: list[UUID],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "most", 0)
    page = open_page(None)
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    draw(page, dates)
    assert until(lambda: any("/live/places" in each for each in asked), meanwhile=page.wait_for_timeout)
    book(app, provider, dates[0], places=3)
    page.clock.fast_forward(20_000)
    expect(page.locator(f'[data-places="{dates[0]}"]')).to_have_text("Only 1 place left", timeout=SOON)


def test_without_a_script_the_page_says_what_was_so(
    app: Flask, provider: Provider, open_page: OpenPage, draw: Callable[..., None], dates: list[UUID]
) -> None:
    page = open_page(None, java_script_enabled=False)
    draw(page, dates)
    expect(page.get_by_text("4 places left")).to_have_count(2)
    book(app, provider, dates[0], places=3)
    draw(page, dates)
    expect(page.get_by_text("Only 1 place left")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_words_are_accessible_and_fit(
    app: Flask,
    provider: Provider,
    open_page: OpenPage,
    draw: Callable[..., None],
    dates: list[UUID],
    size: Size,
) -> None:
    full = inside(app, provider, lambda: factories.make_schedule(capacity=1).id)
    book(app, provider, full)
    book(app, provider, dates[0], 2, places=3)
    page = open_page(None, size)
    draw(page, [*dates, full])
    expect(page.locator(".is-full")).to_have_text("Fully booked")
    check_page(page)
