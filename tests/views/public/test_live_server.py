"""Streams on the web server that the house runs: they never take the threads that pages need."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from backoffice.config import PROJECT
from backoffice.database import db
from backoffice.launch import gunicorn_config
from backoffice.launch.plan import free_port
from backoffice.services.live import hub
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.factories import Provider
from tests.jobs.conftest import environment_of
from tests.live_kit import OpenPage, until

pytestmark = pytest.mark.slow

HOUSE = "backoffice/launch/gunicorn_config.py"
STREAMS = 6
VISITS = 500
# Threads, and nothing that keeps streams from taking them.
CARELESS = f"worker_class = 'gthread'\nworkers = 1\nthreads = {gunicorn_config.PAGE_THREADS + STREAMS}\n"

Start = Callable[..., int]


@pytest.fixture
def start(app: Flask, tmp_path: Path) -> Iterator[Start]:
    """`start(config, streams)`: gunicorn with one worker on the test's database; returns its port."""
    running: list[subprocess.Popen[bytes]] = []

    def start_one(config: str = HOUSE, streams: int = STREAMS) -> int:
        port = free_port()
        words = ("gunicorn", "-c", config, "-w", "1", "-b", f"127.0.0.1:{port}", "app:app")
        environ = environment_of(app) | {"PORT": str(port), "LIVE_STREAMS": str(streams)}
        with (tmp_path / "gunicorn.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", *words], cwd=PROJECT, env=environ, stdout=log, stderr=log
                )
            )
        assert until(lambda: page_answers(port), 60), (tmp_path / "gunicorn.log").read_text()[-2000:]
        return port

    start_one.running = running  # type: ignore[attr-defined]
    yield start_one
    for process in running:
        process.send_signal(signal.SIGKILL) if process.poll() is None else None
        process.wait()


@pytest.fixture
def date(app: Flask, provider: Provider) -> UUID:
    with app.app_context(), tenant_scope(provider.id):
        made = factories.make_schedule().id
        db.session.remove()
    return made


def page_answers(
    port: int, seconds: float = 3.0, host: str = "anywhere.test", path: str = "/api/health/live"
) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Flood:
    """One visitor asks for many streams at once, and reads none of them."""

    def __init__(self, port: int, provider: Provider, date: UUID) -> None:
        request = f"GET /live/stream?ids={date} HTTP/1.1\r\nHost: {provider.host}:{port}\r\n\r\n".encode()
        self.sockets = []
        for _ in range(VISITS):
            one = socket.create_connection(("127.0.0.1", port), timeout=5)
            one.sendall(request)
            one.settimeout(None)
            self.sockets.append(one)

    def answers(self) -> Counter[bytes]:
        """How many were answered with which status; b"" for those that still wait."""
        return Counter(self._status(one) for one in self.sockets)

    @staticmethod
    def _status(one: socket.socket) -> bytes:
        try:
            return one.recv(12, socket.MSG_PEEK | socket.MSG_DONTWAIT)[9:12]
        except (BlockingIOError, ConnectionResetError):
            return b""

    def end(self) -> None:
        for one in self.sockets:
            one.close()


def test_five_hundred_streams_of_one_visitor_stop_no_page(
    start: Start, provider: Provider, date: UUID
) -> None:
    port = start()
    flood = Flood(port, provider, date)
    assert until(lambda: flood.answers()[b"503"] >= VISITS - STREAMS, 30), flood.answers()
    assert flood.answers()[b"200"] == STREAMS // hub.ONE_ADDRESS
    with ThreadPoolExecutor(8) as pool:
        pages = pool.map(lambda _: page_answers(port, 5, provider.host, "/login"), range(40))
        assert all(pages)
    assert page_answers(port, 5, provider.host, f"/live/places?ids={date}")
    flood.end()
    assert until(lambda: reopened(port, provider, date), 5)


def reopened(port: int, provider: Provider, date: UUID) -> bool:
    """The visitor's own streams are given back soon after the flood."""
    page = OpenPage(port, provider, [date])
    page.close()
    return page.answer.status == 200


def test_without_the_cap_they_do(start: Start, provider: Provider, date: UUID, tmp_path: Path) -> None:
    """The control: as many threads, and each of them is a stream's."""
    config = tmp_path / "careless.py"
    config.write_text(CARELESS)
    port = start(str(config), streams=500)
    flood = Flood(port, provider, date)
    assert until(lambda: flood.answers()[b"200"] == gunicorn_config.PAGE_THREADS + STREAMS, 20)
    assert not page_answers(port, 3)
    flood.end()


def test_fewer_threads_than_pages_need_leave_none_to_streams(
    start: Start, provider: Provider, date: UUID, tmp_path: Path
) -> None:
    config = tmp_path / "few.py"
    config.write_text((PROJECT / HOUSE).read_text() + "\nthreads = PAGE_THREADS\n")
    port = start(str(config))
    page = OpenPage(port, provider, [date])
    assert page.answer.status == 503
    page.close()


def test_a_server_that_stops_ends_its_streams(start: Start, provider: Provider, date: UUID) -> None:
    port = start()
    page = OpenPage(port, provider, [date])
    assert until(lambda: page.dates)
    (process,) = start.running  # type: ignore[attr-defined]
    os.kill(process.pid, signal.SIGTERM)
    assert until(lambda: page.is_over, 3)
    assert process.wait(timeout=10) == 0


def test_there_are_threads_for_pages_beside_those_for_streams(app: Flask) -> None:
    assert gunicorn_config.PAGE_THREADS == hub.PAGE_THREADS
    assert gunicorn_config.threads == hub.PAGE_THREADS + app.extensions["settings"].live_streams
