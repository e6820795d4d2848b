"""Signs of life of the processes behind the pages, in Redis, for /api/health."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import RedisError

KEY = "pulse:"
# Workers beat at least every 15 seconds, the scheduler every second.
EVERY_SECONDS = 15
FRESH_SECONDS = 60


def beat(connection: Any, name: str) -> None:
    """Say that `name` ("worker-mail", "worker-bulk", "scheduler") lives. Raises RedisError."""
    connection.set(KEY + name, repr(time.time()), ex=3600)


@contextmanager
def beating(connection: Any, name: str) -> Iterator[None]:
    """Beat while the block works: an import takes longer than a worker may be silent."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_beating, args=(connection, name, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


def _keep_beating(connection: Any, name: str, stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        with suppress(RedisError):
            beat(connection, name)


def last_beats(connection: Any) -> dict[str, float]:
    """Seconds since each process last showed life. Raises RedisError."""
    found = {}
    for key in connection.scan_iter(match=KEY + "*", count=100):
        value = connection.get(key)
        if value is not None:
            found[key.decode().removeprefix(KEY)] = max(time.time() - float(value), 0.0)
    return found
