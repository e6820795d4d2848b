"""Figures for a monitoring system that runs on the same machine, in Prometheus' words.

Each process counts for itself and adds its counts to those in Redis every few seconds: whichever process is
asked tells of all.
"""

import ipaddress
import logging
import time
from collections import Counter
from threading import Lock
from typing import Any

from flask import Flask, Response, abort, current_app, request
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

from backoffice.database import db
from backoffice.jobs import counts, pulse
from backoffice.jobs.queues import QUEUES, queue
from backoffice.services import gateway_events

log = logging.getLogger(__name__)

KEY = "metrics:requests"
WEBHOOKS_KEY = "metrics:webhooks"
FLUSH_SECONDS = 5.0
TIMEOUT_SECONDS = 0.2
# A proxy on this machine would make everybody look local.
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


class RequestCounter:
    """Counts of this process, until they are added to those of the others."""

    def __init__(self, redis_url: str) -> None:
        self.redis = Redis.from_url(
            redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()
        self._next = time.monotonic() + FLUSH_SECONDS

    def count(self, response: Response) -> Response:
        self.add(KEY, f"{response.status_code // 100}xx")
        return response

    def add(self, key: str, name: str) -> None:
        """One more of this name in the hash of this key."""
        with self._lock:
            self._counts[key, name] += 1
            is_due = time.monotonic() >= self._next
            if is_due:
                self._next = time.monotonic() + FLUSH_SECONDS
        if is_due:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        pipeline = self.redis.pipeline()
        for (key, name), number in counts.items():
            pipeline.hincrby(key, name, number)
        try:
            pipeline.execute()
        except RedisError as error:
            log.warning("requests not counted", extra={"cause": str(error)})


def set_up(app: Flask) -> None:
    counter = RequestCounter(app.extensions["settings"].redis_url)
    app.extensions["request_counter"] = counter
    app.after_request(counter.count)
    app.add_url_rule("/metrics", "health.metrics", metrics)


def metrics() -> Response:
    """The figures, for this machine only; from anywhere else there is nothing at this address."""
    if not is_local():
        abort(404)
    counter: RequestCounter = current_app.extensions["request_counter"]
    counter.flush()
    try:
        lines = [line for part in PARTS for line in part(counter.redis)]
    except RedisError:
        abort(503)
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def count_webhook(gateway: str, outcome: str) -> None:
    """One more message at a gateway's door, and what became of it: refused ones are how a forger is noticed."""
    counter: RequestCounter = current_app.extensions["request_counter"]
    counter.add(WEBHOOKS_KEY, f"{gateway}:{outcome}")


def is_local() -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _requests(redis: Any) -> list[str]:
    counts = sorted((key.decode(), int(value)) for key, value in redis.hgetall(KEY).items())
    return ["# TYPE backoffice_requests_total counter"] + [
        f'backoffice_requests_total{{status="{status}"}} {number}' for status, number in counts
    ]


def _webhooks(redis: Any) -> list[str]:
    counts = sorted(
        (key.decode().split(":"), int(value)) for key, value in redis.hgetall(WEBHOOKS_KEY).items()
    )
    return ["# TYPE backoffice_webhooks_total counter"] + [
        f'backoffice_webhooks_total{{gateway="{gateway}",outcome="{outcome}"}} {number}'
        for (gateway, outcome), number in counts
    ]


def _payments(redis: Redis) -> list[str]:
    """What the gateways said of payments and refunds, once each."""
    return ["# TYPE backoffice_payment_events_total counter"] + [
        f'backoffice_payment_events_total{{kind="{kind}"}} {number}'
        for (kind,), number in counts.read(redis, "payment_events")
    ]


def _gateway_events(redis: Redis) -> list[str]:
    """How late their messages are; nothing is said of them while the database does not answer."""
    try:
        backlog = gateway_events.backlog()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("gateway events not counted", extra={"cause": type(error).__name__})
        return []
    return [
        "# TYPE backoffice_gateway_event_oldest_seconds gauge",
        f"backoffice_gateway_event_oldest_seconds {backlog.oldest_seconds or 0:.0f}",
        "# TYPE backoffice_gateway_events_dead gauge",
        f"backoffice_gateway_events_dead {backlog.dead}",
    ]


def _queues(redis: Redis) -> list[str]:
    return ["# TYPE backoffice_queue_length gauge"] + [
        f'backoffice_queue_length{{queue="{name}"}} {queue(name, redis).count}' for name in QUEUES
    ]


def _workers(redis: Redis) -> list[str]:
    beats = sorted(pulse.last_beats(redis).items())
    return ["# TYPE backoffice_silent_seconds gauge"] + [
        f'backoffice_silent_seconds{{part="{name}"}} {seconds:.0f}' for name, seconds in beats
    ]


PARTS = (_requests, _webhooks, _payments, _gateway_events, _queues, _workers)
