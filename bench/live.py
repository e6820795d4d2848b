"""Live places: how soon open pages hear of a booking, what listening costs the pages, and what telling costs a booking."""

from __future__ import annotations

import re
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from flask import Flask
from redis import Redis
from sqlalchemy import text

from backoffice.database import db
from backoffice.services import live
from backoffice.tenancy import tenant_scope
from bench import clients, fill, processor
from bench.fill import Filled
from bench.house import House
from bench.memory import workers_of
from bench.table import Figure, at_least, at_most, middle, percentile

DATES = 60  # as many as one page may show
WANTED = 40  # open pages, of the 48 that two processes take
CHANGES = 20
ROUNDS = 3
SECONDS = 10.0
ASKED = 25  # by each of eight browsers
SOON_MS = 2_000
OPEN_SITE = "INSERT INTO tenant_sites (tenant_id, id, is_published) VALUES (%s, uuidv7(), true)"


class Listeners:
    """Open pages: one thread reads what all of them are told, and when."""

    def __init__(self, port: int, host: str, path: str) -> None:
        self.port, self.host, self.path = port, host, path
        self.heard: list[float] = []
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._is_over = False

    def __enter__(self) -> Listeners:
        for number in range(WANTED * 5):
            if len(self._sockets) < WANTED:
                self._open(number)
        if not self._sockets:
            raise SystemExit("No stream was opened: see web.log.")
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for each in self._sockets:
            each.close()

    def __len__(self) -> int:
        return len(self._sockets)

    def _open(self, number: int) -> None:
        """From an address of its own, as a proxy would say: one address has a third of the streams."""
        one = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        one.sendall(
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"X-Forwarded-For: 198.51.100.{number % 250}\r\n\r\n".encode()
        )
        if b" 200 " in one.recv(15):
            self._sockets.append(one)
            self._selector.register(one, selectors.EVENT_READ)
        else:
            one.close()

    def _read(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select(0.2):
                told = key.fileobj.recv(65536)  # type: ignore[union-attr]
                self.heard += [time.perf_counter()] * len(re.findall(rb"data: ", told))

    def wait_for(self, number: int, seconds: float = 5.0) -> list[float]:
        """When each of the next so many events came; fewer where not all come in time."""
        until = time.perf_counter() + seconds
        while len(self.heard) < number and time.perf_counter() < until:
            time.sleep(0.001)
        heard, self.heard = self.heard, []
        return heard


def measure(house: House) -> list[Figure]:
    house = replace(house, environ=house.environ | {"TRUSTED_PROXIES": "1"})
    filled = fill.provider(house)
    with house.owner() as connection:
        fill.dates(connection, filled, DATES, days=(10, 40))
        connection.execute(OPEN_SITE, (filled.tenant_id,))
        rows = connection.execute("SELECT id FROM schedules ORDER BY id").fetchall()
    ids = [row[0] for row in rows]
    query = ",".join(map(str, ids))
    app = house.app()
    alone, beside, delays = list[float](), list[float](), list[float]()
    with house.web() as port:
        workers = workers_of(port)
        _cost(port, filled, query, workers)
        for _ in range(ROUNDS):
            alone.append(_cost(port, filled, query, workers))
            with Listeners(port, filled.host, f"/live/stream?ids={query}") as pages:
                time.sleep(1)
                pages.wait_for(0)
                for number in range(CHANGES):
                    delays += _change(app, filled, ids[number % DATES], pages)
                beside.append(_cost(port, filled, query, workers))
                idle, count = _idle(workers), len(pages)
            time.sleep(2)  # until the streams are given back
    told = f"({count} pages of {DATES} dates, {CHANGES * ROUNDS} changes)"
    return [
        at_least("changes that every open page heard", len(delays) / (count * CHANGES * ROUNDS), 1.0, told),
        at_most("from the commit to the page, median", middle(delays), SOON_MS / 4, "ms"),
        at_most("from the commit to the page, p95", percentile(delays, 95), SOON_MS, "ms"),
        at_least("processor time of an answer, alone to beside streams", min(alone) / min(beside), 0.8),
        at_most("processor time of streams that hear nothing", idle * 100, 5, "% of a core"),
        at_most("announcing, in round trips to Valkey", _announcing(app, filled, ids[0]), 3),
    ]


def _cost(port: int, filled: Filled, query: str, workers: list[int]) -> float:
    """Processor seconds of the web for each answer to eight browsers that ask."""
    session, counts, before = clients.Session(filled.host), list[int](), processor.seconds(*workers)

    def ask() -> None:
        browser = clients.Browser(port, session)
        counts.append(sum(browser.get(f"/live/places?ids={query}")[0] == 200 for _ in range(ASKED)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (processor.seconds(*workers) - before) / sum(counts)


def _idle(workers: list[int]) -> float:
    """The part of a core that the web uses while nothing changes."""
    before = processor.seconds(*workers)
    time.sleep(SECONDS)
    return (processor.seconds(*workers) - before) / SECONDS


def _change(app: Flask, filled: Filled, schedule_id: UUID, pages: Listeners) -> list[float]:
    """Milliseconds from the commit of a changed capacity to each page that hears of it."""
    with app.app_context(), tenant_scope(filled.tenant_id):
        change = text("UPDATE schedules SET capacity = capacity + 1 WHERE id = :id")
        db.session.execute(change, {"id": schedule_id})
        live.touch(schedule_id)
        db.session.commit()
        committed = time.perf_counter()
        db.session.remove()
    return [(heard - committed) * 1000 for heard in pages.wait_for(len(pages))]


def _announcing(app: Flask, filled: Filled, schedule_id: UUID) -> float:
    """What an announcement adds to a commit, in bare round trips to Valkey."""
    plain, told, trips = list[float](), list[float](), list[float]()
    with app.app_context(), tenant_scope(filled.tenant_id), Redis.from_url(_valkey(app)) as valkey:
        for _ in range(400):
            trips.append(_timed(valkey.ping))
            db.session.execute(text("SELECT 1"))
            plain.append(_timed(db.session.commit))
            db.session.execute(text("SELECT 1"))
            live.touch(schedule_id)
            told.append(_timed(db.session.commit))
        db.session.remove()
    return (middle(told) - middle(plain)) / middle(trips)


def _valkey(app: Flask) -> str:
    url: str = app.extensions["settings"].redis_url
    return url


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
