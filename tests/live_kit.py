"""An open page without a browser: listens to the stream of a real server and keeps what it was told."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from tests.factories import Provider


class OpenPage:
    """One stream. `dates` is what its page would show: id -> the last that was said of it."""

    def __init__(self, port: int, provider: Provider, ids: Sequence[UUID], **asked: str) -> None:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        path = f"/live/stream?ids={','.join(map(str, ids))}" + (f"&{query}" if query else "")
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.connect()
        self._socket = self._connection.sock
        self._connection.request("GET", path, headers={"Host": f"{provider.host}:{port}"})
        self.answer = self._connection.getresponse()
        self.dates: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.comments = 0
        self.retry = 0
        self.is_over = False
        if self.answer.status == 200:
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()

    def _read(self) -> None:
        try:
            for line in iter(self.answer.readline, b""):
                self._hear(line.decode().rstrip("\n"))
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # the test closed it
        self.is_over = True

    def _hear(self, line: str) -> None:
        if line.startswith(":"):
            self.comments += 1
        elif line.startswith("retry: "):
            self.retry = int(line.removeprefix("retry: "))
        elif line.startswith("data: "):
            said = json.loads(line.removeprefix("data: "))["dates"]
            self.events.append(said)
            self.dates |= said

    def words(self, schedule_id: UUID) -> str | None:
        return self.dates.get(str(schedule_id), {}).get("words")

    def close(self) -> None:
        """As a closed tab does it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.answer.close()
        self._connection.close()


@contextmanager
def opened(port: int, provider: Provider, *ids: UUID, **asked: str) -> Iterator[OpenPage]:
    page = OpenPage(port, provider, ids, **asked)
    try:
        yield page
    finally:
        page.close()


def until(
    is_so: Callable[[], Any], seconds: float = 2.0, meanwhile: Callable[[float], None] | None = None
) -> bool:
    """Whether it becomes so in time; `meanwhile` is done between the looks (of milliseconds: a browser's own waiting)."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        (meanwhile or _sleep)(20)
    return True


def _sleep(milliseconds: float) -> None:
    time.sleep(milliseconds / 1000)
