"""What was counted, kept in Redis for /metrics: every process adds to the same figures."""

from __future__ import annotations

import logging
from collections import Counter

from flask import current_app
from redis import Redis, RedisError

from backoffice.database import at_the_end

log = logging.getLogger(__name__)

KEY = "metrics:"


at_the_end("counts", lambda session, counts: add(counts))


def add(counts: Counter[tuple[str, str]]) -> None:
    """Add to the figures; without Redis they are lost, and a log line says so."""
    redis: Redis = current_app.extensions["doorbell_redis"]
    try:
        with redis.pipeline(transaction=False) as pipeline:
            for (what, words), number in counts.items():
                pipeline.hincrby(KEY + what, words, number)
            pipeline.execute()
    except RedisError as error:
        log.warning("not counted", extra={"cause": str(error)})


def read(redis: Redis, what: str) -> list[tuple[list[str], int]]:
    """The figures of one kind: (words, number), in order. Raises RedisError."""
    found = redis.hgetall(KEY + what)
    return sorted((key.decode().split(":"), int(value)) for key, value in found.items())  # type: ignore[union-attr]
