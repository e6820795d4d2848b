"""Questions to the parts that the program leans on: asked side by side, a second for each at most."""

import smtplib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

from flask import Flask
from redis import Redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from backoffice.config import Settings
from backoffice.jobs import pulse
from backoffice.jobs.queues import QUEUES

PROBE_SECONDS = 1.0
# Anybody may ask: the answers are remembered for a moment, so that asking often costs nothing.
REMEMBER_SECONDS = 1.0
# A message of a gateway is tried again within this time; older ones say that something stands still.
LATE_SECONDS = 120.0


@dataclass(frozen=True)
class Report:
    """Which parts work, and how long the most silent worker has been silent; None: one was never heard."""

    database: bool
    redis: bool
    worker: bool
    email: bool
    # Work, not a part: late messages of gateways are no reason to send nobody here.
    payment: bool
    worker_seconds: int | None

    @property
    def failing(self) -> list[str]:
        return [name for name in ("database", "redis", "worker", "email") if not getattr(self, name)]


class Probes:
    """Asks on threads and connections of its own: a full pool of ours is no outage of theirs."""

    def __init__(self, settings: Settings) -> None:
        self._smtp = (settings.smtp_host, settings.smtp_port)
        self._engine = create_engine(
            settings.database_url, poolclass=NullPool, connect_args={"connect_timeout": 2}
        )
        self._redis = Redis.from_url(
            settings.redis_url, socket_timeout=PROBE_SECONDS, socket_connect_timeout=PROBE_SECONDS
        )
        self._lock = Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._known: tuple[float, Report] | None = None

    def report(self) -> Report:
        """What the parts say now, or said a moment ago."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > REMEMBER_SECONDS:
                report = self._ask()
                self._known = (time.monotonic(), report)
            return self._known[1]

    def forget(self) -> None:
        """Ask anew the next time."""
        self._known = None

    def _ask(self) -> Report:
        # Made here and not with the app: threads do not survive the fork of a web server.
        self._threads = self._threads or ThreadPoolExecutor(max_workers=8, thread_name_prefix="probe")
        questions: Mapping[str, Callable[[], object]] = {
            "database": self._database,
            "redis": self._redis.ping,
            "worker": self._worker_seconds,
            "email": self._email,
            "payment": self._payment,
        }
        asked = {name: self._threads.submit(question) for name, question in questions.items()}
        until = time.monotonic() + PROBE_SECONDS
        answers = {name: _answer(future, until) for name, future in asked.items()}
        seconds = answers["worker"]
        return Report(
            database=bool(answers["database"]),
            redis=bool(answers["redis"]),
            worker=isinstance(seconds, int) and seconds <= pulse.FRESH_SECONDS,
            email=bool(answers["email"]),
            payment=bool(answers["payment"]),
            worker_seconds=seconds if isinstance(seconds, int) else None,
        )

    def _database(self) -> bool:
        """Migrated as well as reachable: an empty database answers no page."""
        with self._engine.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 900"))
            connection.execute(text("SELECT 1 FROM tenants LIMIT 1"))
        return True

    def _payment(self) -> bool:
        """No message of a gateway is late, and none was given up."""
        with self._engine.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 900"))
            row = connection.execute(text("SELECT oldest_seconds, dead FROM gateway_backlog()")).one()
        return (row.oldest_seconds or 0) < LATE_SECONDS and not row.dead

    def _worker_seconds(self) -> int | None:
        beats = pulse.last_beats(self._redis)
        ages = [beats.get(f"worker-{name}") for name in QUEUES]
        return None if None in ages else round(max(age for age in ages if age is not None))

    def _email(self) -> bool:
        with smtplib.SMTP(*self._smtp, timeout=PROBE_SECONDS) as server:
            return server.noop()[0] == 250


def _answer(future: Future[object], until: float) -> object:
    """What the probe found; None when it failed or is late. Why is nobody's outside."""
    try:
        return future.result(timeout=max(0.0, until - time.monotonic()))
    except Exception:
        return None


def set_up(app: Flask) -> None:
    app.extensions["probes"] = Probes(app.extensions["settings"])
