"""Signs of life of the processes behind the pages, in Redis, for /api/health."""

from __future__ import annotations

import time
from typing import Any

KEY = "pulse:"
# Workers beat at least every 15 seconds, the scheduler every second.
FRESH_SECONDS = 60


def beat(connection: Any, name: str) -> None:
    """Say that `name` ("worker-mail", "worker-bulk", "scheduler") lives. Raises RedisError."""
    connection.set(KEY + name, repr(time.time()), ex=3600)


def last_beats(connection: Any) -> dict[str, float]:
    """Seconds since each process last showed life. Raises RedisError."""
    found = {}
    for key in connection.scan_iter(match=KEY + "*", count=100):
        value = connection.get(key)
        if value is not None:
            found[key.decode().removeprefix(KEY)] = max(time.time() - float(value), 0.0)
    return found
