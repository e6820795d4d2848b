"""Listens to Valkey for the whole process, on one connection."""

from __future__ import annotations

import logging
import time

from redis import RedisError
from redis.client import PubSub

from backoffice.services.live.link import connect
from backoffice.services.live.touching import CHANNEL, Touched, hear

log = logging.getLogger(__name__)

# Many bookings at once make one look at the database.
GATHER_SECONDS = 0.05
MOST_AT_ONCE = 1000
# How long a deaf one waits before it tries again.
DEAF_SECONDS = 2.0


class Ear:
    """Hears which dates were touched. While Valkey is away it is deaf, tries again, and says that it was."""

    def __init__(self, redis_url: str) -> None:
        self._redis = connect(redis_url, socket_timeout=5, socket_keepalive=True, health_check_interval=15)
        self._subscription: PubSub | None = None
        self._try_at = 0.0

    @property
    def hears(self) -> bool:
        return self._subscription is not None

    def listen(self, seconds: float) -> list[Touched]:
        """What is said within so many seconds, as soon as something is; sleeps as long while Valkey is away."""
        try:
            return self._gather(self._open(), seconds)
        except (RedisError, OSError) as error:
            if self._subscription is not None or not self._try_at:
                log.warning("live places cannot hear Valkey", extra={"cause": str(error)})
            self.close()
            self._try_at = time.monotonic() + DEAF_SECONDS
            return []

    def close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()

    def _open(self) -> PubSub | None:
        if self._subscription is None and time.monotonic() >= self._try_at:
            made = self._redis.pubsub(ignore_subscribe_messages=True)
            made.subscribe(CHANNEL)
            self._subscription = made
        return self._subscription

    def _gather(self, subscription: PubSub | None, seconds: float) -> list[Touched]:
        if subscription is None:
            time.sleep(min(seconds, DEAF_SECONDS))
            return []
        found = [*self._next(subscription, seconds)]
        until = time.monotonic() + GATHER_SECONDS
        while found and len(found) < MOST_AT_ONCE and (left := until - time.monotonic()) > 0:
            found += self._next(subscription, left)
        return found

    @staticmethod
    def _next(subscription: PubSub, seconds: float) -> list[Touched]:
        message = subscription.get_message(timeout=seconds)
        heard = hear(message["data"]) if message and message["type"] == "message" else None
        return [heard] if heard else []
