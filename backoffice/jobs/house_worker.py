"""The RQ worker of this house: no fork, our own functions only, and it outlives Redis and the database."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from flask import Flask
from redis import RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

from backoffice.gateways import mail
from backoffice.jobs import pulse
from backoffice.jobs.queues import FUNCTIONS, connect_worker
from backoffice.logs import request_id

log = logging.getLogger(__name__)

# An idle worker wakes this often to show that it lives (RQ waits 15 seconds less than this).
TTL_SECONDS = 30
LONGEST_PAUSE = 10.0


class ForeignFunction(RuntimeError):
    """Somebody wrote a job into Redis that is not ours. Nothing of it is run."""


class HouseJob(Job):
    """A job names its function by text, so a reachable Redis could name any: only ours are looked up."""

    @property
    def func(self) -> Any:
        if self.func_name not in FUNCTIONS or self.instance:
            raise ForeignFunction(f"{self.func_name} is not a job of this program.")
        return super().func

    # We set none, so any that is there was put there by somebody else.
    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        return None


class HouseWorker(SimpleWorker):
    """Runs each job in an app context of its own. Remote commands through Redis are not listened to."""

    job_class = HouseJob
    max_connection_wait_time = 5.0
    log_result_lifespan = False

    def __init__(self, app: Flask, queue_name: str, stop: threading.Event) -> None:
        self.app, self.pulse_name, self.stop = app, f"worker-{queue_name}", stop
        app.extensions["worker_stop"] = (
            stop  # a job that does one thing after the other looks at it in between
        )
        connection = connect_worker(app)
        super().__init__(
            [Queue(queue_name, connection=connection, serializer=JSONSerializer, job_class=HouseJob)],
            connection=connection,
            worker_ttl=TTL_SECONDS,
            serializer=JSONSerializer,
            log_job_description=False,
        )

    def subscribe(self) -> None:
        return None

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        super().heartbeat(timeout, pipeline)
        pulse.beat(self.connection, self.pulse_name)
        mail.close_idle(self.app)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        request_id.set(job.id[-36:])  # the row's id
        # The end of the context hands the database connection back.
        with pulse.beating(self.connection, self.pulse_name), self.app.app_context():
            return bool(super().perform_job(job, queue))

    def request_stop(self, signum: int, frame: Any) -> None:
        self.stop.set()
        super().request_stop(signum, frame)


def work_forever(app: Flask, queue_name: str, *, burst: bool = False) -> None:
    """Until SIGTERM or SIGINT; the job in hand is finished first. A lost Redis is waited for."""
    # RQ writes three lines for each job; ours say what was done.
    for name in ("rq", "rq.worker"):
        logging.getLogger(name).setLevel(logging.WARNING)
    log.info("worker started", extra={"queue": queue_name})
    stop, pause = threading.Event(), 1.0
    while not stop.is_set():
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, lambda *_: stop.set())
        try:
            worked = HouseWorker(app, queue_name, stop).work(burst=burst, logging_level=None)
            pause = 1.0 if worked else min(pause * 2, LONGEST_PAUSE)
        except (RedisError, OSError) as error:
            log.warning("worker lost Redis", extra={"queue": queue_name, "cause": str(error)})
            pause = min(pause * 2, LONGEST_PAUSE)
        if burst:
            return
        stop.wait(pause)
