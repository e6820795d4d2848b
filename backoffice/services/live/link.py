"""The connection to Valkey for live places. It may be away at any time: pages then hear of changes a little later."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUT_SECONDS = 0.2
# How long it is left alone after it did not answer: a booking must not wait for it again and again.
REST_SECONDS = 5.0


class Link:
    """Asks Valkey, once and not for long; whoever asks says what holds without an answer."""

    def __init__(self, redis_url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self.redis = connect(redis_url, timeout, socket_timeout=timeout)
        self._rests_until = 0.0

    def ask(self, question: Callable[[Redis], T], otherwise: T) -> T:
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            return question(self.redis)
        except RedisError as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("live places go without Valkey", extra={"cause": str(error)})
            return otherwise


def connect(redis_url: str, timeout: float = TIMEOUT_SECONDS, **options: Any) -> Redis:
    """A connection that does not try again by itself: it would wait for seconds."""
    never = Retry(NoBackoff(), 0)
    return Redis.from_url(redis_url, socket_connect_timeout=timeout, retry=never, **options)


def link() -> Link:
    """The running program's link."""
    return current_app.extensions["live_link"]
