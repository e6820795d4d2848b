"""Valkey or the database is away, or a browser reads no more: pages go on, and hear again as soon as they can."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from backoffice import create_app
from backoffice.database import db
from backoffice.embedded import EmbeddedValkey
from backoffice.services import bookings, live
from backoffice.services.live import Look, intents
from backoffice.services.live.hub import DEAF_SWEEP_SECONDS
from backoffice.services.live.intents import LIFE_SECONDS
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import served
from tests.factories import Provider
from tests.live_kit import opened, until
from tests.races.arena import order
from tests.servers import DatabaseUrls, settings_for
from tests.web_client import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def valkey(server_folder: Path) -> Iterator[EmbeddedValkey]:
    """One that the test may stop."""
    with EmbeddedValkey(server_folder / f"valkey-{uuid4().hex[:6]}") as server:
        yield server


@pytest.fixture
def own_app(database_urls: DatabaseUrls, server_folder: Path, valkey: EmbeddedValkey) -> Iterator[Flask]:
    app = create_app(settings_for(database_urls, server_folder, valkey.url))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def own_port(own_app: Flask) -> Iterator[int]:
    with served(own_app) as port:
        yield port


def make_date(app: Flask, provider: Provider) -> UUID:
    with app.app_context(), tenant_scope(provider.id):
        made: UUID = factories.make_schedule().id
        db.session.remove()
    return made


def book(app: Flask, provider: Provider, date: UUID, number: int) -> None:
    with app.app_context(), tenant_scope(provider.id):
        commit_once(lambda: bookings.place(order(date, number), factories.actor("office")))
        db.session.remove()


def test_without_valkey_pages_hear_of_a_booking_by_looking_and_bookings_go_on(
    own_app: Flask, provider: Provider, valkey: EmbeddedValkey, own_port: int
) -> None:
    date = make_date(own_app, provider)
    hub: live.Hub = own_app.extensions["live_hub"]
    with opened(own_port, provider, date) as page:
        assert until(lambda: page.dates)
        valkey.stop()
        book(own_app, provider, date, 1)
        assert until(lambda: page.words(date) == "11 places left", DEAF_SWEEP_SECONDS + 4)
        assert not hub.hears
        answer = Visitor(own_app, provider.host).get(
            f"/live/places?ids={date}&booking={date}&visitor=abcdefgh"
        )
        assert answer.status_code == 200 and answer.json
        assert answer.json["dates"][str(date)]["words"] == "11 places left"
        valkey.restart()
        assert until(lambda: hub.hears, 10)
        book(own_app, provider, date, 2)
        assert until(lambda: page.words(date) == "10 places left", DEAF_SWEEP_SECONDS + 4)


def test_a_dead_valkey_keeps_a_booking_waiting_once_and_not_again(
    own_app: Flask, provider: Provider, valkey: EmbeddedValkey
) -> None:
    valkey.stop()
    with own_app.app_context(), tenant_scope(provider.id):
        live.touch(uuid4())
        began = time.monotonic()
        for _ in range(20):
            db.session.execute(text("SELECT 1"))
            live.touch(uuid4())
            db.session.commit()
        assert time.monotonic() - began < 2


def test_a_database_that_comes_back_is_looked_at_again(
    own_app: Flask, provider: Provider, own_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    date = make_date(own_app, provider)
    hub: live.Hub = own_app.extensions["live_hub"]
    with opened(own_port, provider, date) as page:
        assert until(lambda: page.dates)
        hub._sweep_at = time.monotonic() + 60  # it has just looked
        with own_app.app_context():
            monkeypatch.setattr(
                "backoffice.services.live.reading._rows", lambda ids: db.session.execute(text("SELECT gone"))
            )
        book(own_app, provider, date, 1)
        time.sleep(0.5)
        assert page.words(date) == "12 places left"
        monkeypatch.undo()
        assert until(lambda: page.words(date) == "11 places left", 4)


@pytest.mark.parametrize("seconds", [1, None], ids=["guarded", "control"])
def test_a_browser_that_reads_nothing_loses_its_stream(
    app: Flask, provider: Provider, seconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its window is closed at once; without the limit its thread waits for as long as TCP does."""
    if seconds is None:
        monkeypatch.setattr("backoffice.views.public.live._wait_no_longer", lambda connection: None)
    else:
        monkeypatch.setattr("backoffice.views.public.live.SEND_SECONDS", seconds)
    date = make_date(app, provider)
    hub: live.Hub = app.extensions["live_hub"]
    with served(app) as port:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(f"GET /live/stream?ids={date} HTTP/1.1\r\nHost: {provider.host}:{port}\r\n\r\n".encode())
        assert until(lambda: hub.open_streams == 1)
        (stream,) = hub._list()
        assert until(lambda: flood(stream, date) and hub.open_streams == 0, 12) == (seconds is not None)
        deaf.close()
        assert until(lambda: flood(stream, date) and hub.open_streams == 0, 5)


def flood(stream: live.Stream, date: UUID) -> bool:
    """Some hundred changes, each longer than the last was read."""
    for left in range(200):
        stream.offer({date: Look(left % 7, 12, True)})
        time.sleep(0)
    return True


def test_who_leaves_is_not_counted_for_long(app: Flask, provider: Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        date, now = uuid4(), datetime.now(UTC)
        live.intend(date, "visitor-one", "192.0.2.1")
        live.intend(date, "visitor-two", "192.0.2.2")
        bookers = intents.list_bookers([date], now)[date]
        assert live.others(bookers, "visitor-one") == 1 and live.others(bookers) == 2
        intents.leave(date, "visitor-two", "192.0.2.2")
        soon = datetime.fromtimestamp(now.timestamp() + intents.LEAVING_SECONDS + 1, UTC)
        assert live.others(intents.list_bookers([date], soon)[date]) == 1
        later = datetime.fromtimestamp(now.timestamp() + LIFE_SECONDS + 1, UTC)
        assert live.others(intents.list_bookers([date], later)[date]) == 0


def test_one_address_is_a_few_people_at_most_and_an_odd_name_is_nobody(
    app: Flask, provider: Provider
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        date, now = uuid4(), datetime.now(UTC)
        for number in range(30):
            live.intend(date, f"invented-{number}", "192.0.2.1")
        for odd in ("", "short", "a" * 65, "with space", "colon:colon", "<script>alert(1)</script>"):
            live.intend(date, odd, "192.0.2.2")
        kept = intents.list_bookers([date], now)[date]
        assert len(kept) == live.others(kept) == intents.MOST_OF_ONE_ADDRESS
        live.intend(date, "invented-0", "192.0.2.1")
        intents.leave(date, "invented-99", "192.0.2.1")
        assert intents.list_bookers([date], now)[date] == kept
        live.intend(date, "a-neighbour", "192.0.2.3")
        assert live.others(intents.list_bookers([date], now)[date]) == intents.MOST_OF_ONE_ADDRESS + 1


def test_bookers_of_one_provider_are_not_anothers(app: Flask, provider: Provider) -> None:
    date, now = uuid4(), datetime.now(UTC)
    with app.app_context():
        stranger = factories.make_provider()
        with tenant_scope(stranger.id):
            live.intend(date, "visitor-one", "192.0.2.1")
        with tenant_scope(provider.id):
            assert intents.list_bookers([date], now)[date] == frozenset()


def test_a_date_that_nobody_may_see_takes_no_bookers(app: Flask, provider: Provider) -> None:
    """Nobody fills the memory with invented dates."""
    hidden = uuid4()
    asked = f"/live/places?ids={hidden}&booking={hidden}&visitor=abcdefgh"
    assert Visitor(app, provider.host).get(asked).json == {"dates": {}}
    with app.app_context(), tenant_scope(provider.id):
        assert not intents.list_bookers([hidden], datetime.now(UTC))[hidden]
