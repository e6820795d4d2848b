"""What the workers are doing, as Redis tells it: for people to look at, never to decide by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis, RedisError
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from backoffice.jobs import pulse
from backoffice.jobs.house_worker import HouseJob
from backoffice.jobs.queues import QUEUES, connect, queue

PARTS = (*(f"worker-{name}" for name in QUEUES), "scheduler")
MOST_RUNNING = 20


@dataclass(frozen=True)
class Part:
    """A process behind the pages and how many seconds ago it showed life; None: it was never heard."""

    name: str
    silent_seconds: float | None

    @property
    def is_alive(self) -> bool:
        return self.silent_seconds is not None and self.silent_seconds <= pulse.FRESH_SECONDS


@dataclass(frozen=True)
class Running:
    """A job in the hands of a worker: its function by name, and for how many seconds. Whose it is is not told."""

    function: str
    seconds: float


@dataclass(frozen=True)
class Line:
    """A queue of the installation: how many rings wait in it, and what is being worked on."""

    name: str
    waiting: int
    running: tuple[Running, ...]


@dataclass(frozen=True)
class Seen:
    parts: tuple[Part, ...]
    lines: tuple[Line, ...]


def look() -> Seen | None:
    """The processes and the queues; None when Redis does not answer."""
    try:
        redis = connect()
        beats = pulse.last_beats(redis)
        parts = tuple(Part(name, beats.get(name)) for name in PARTS)
        return Seen(parts, tuple(_line(name, redis) for name in QUEUES))
    except RedisError:
        return None


def _line(name: str, redis: Redis) -> Line:
    waiting = queue(name, redis)
    registry = StartedJobRegistry(queue=waiting, job_class=HouseJob, serializer=JSONSerializer)
    ids = registry.get_job_ids(cleanup=False)[-MOST_RUNNING:]
    jobs = HouseJob.fetch_many(ids, connection=redis, serializer=JSONSerializer)
    return Line(name, waiting.count, tuple(_running(job) for job in jobs if job and _is_running(job)))


def _is_running(job: Job) -> bool:
    """Longer than it may take, it runs no more: its worker was killed, and Redis has not noticed."""
    return job.started_at is not None and _seconds(job) <= float(job.timeout or 0)


def _running(job: Job) -> Running:
    return Running(job.func_name or "", _seconds(job))


def _seconds(job: Job) -> float:
    started = job.started_at or datetime.now(UTC)
    return max(time.time() - started.replace(tzinfo=started.tzinfo or UTC).timestamp(), 0.0)
