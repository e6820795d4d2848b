"""The scheduler: periodic work as a table, run in this process.

Everything here is short and finds its own work. A slot belongs to whoever writes it into the database first, where the
work lies as well: two schedulers share it, and Redis is not asked.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app
from redis import RedisError
from sqlalchemy.exc import DBAPIError

from backoffice.domain.errors import DomainError
from backoffice.jobs import (
    called_off,
    housekeeping,
    pulse,
    reconciling,
    reminding,
    reporting,
    retention,
    sweeps,
    visits,
    waiting,
)
from backoffice.jobs.queues import connect
from backoffice.jobs.trouble import sentence_of
from backoffice.logs import request_id
from backoffice.services import periodic_runs
from backoffice.work import commit_once

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Periodic:
    """One kind of work and how often it is done."""

    name: str
    every_seconds: int
    run: Callable[[], int]

    def slot(self, now: float) -> int:
        return int(now) // self.every_seconds

    def next_at(self, now: float) -> float:
        """When its next slot begins (seconds since 1970)."""
        return float((self.slot(now) + 1) * self.every_seconds)


PERIODIC = (
    Periodic("sweep-messages", 10, sweeps.sweep_messages),
    Periodic("sweep-outbox", 10, sweeps.sweep_outbox),
    Periodic("sweep-gateway-events", 10, sweeps.sweep_gateway_events),
    Periodic("sweep-payments", 10, sweeps.sweep_payments),
    Periodic("sweep-refunds", 10, sweeps.sweep_refunds),
    Periodic("sweep-certificate-runs", 10, sweeps.sweep_certificate_runs),
    Periodic("watch-gateways", 300, reconciling.keep_watch),
    Periodic("release-holds", 30, sweeps.release_ended_holds),
    Periodic("offer-places", 10, waiting.offer_places),
    Periodic("apply-choices", 60, called_off.apply_fallbacks),
    Periodic("remind", 60, reminding.remind),
    Periodic("queue-bulk-mails", 20, reminding.queue_bulk_mails),
    Periodic("keep-visits", 10, visits.keep_visits),
    Periodic("seal-audit", 10, housekeeping.seal_audit),
    Periodic("sum-up-days", 60, reporting.sum_up_days),
    Periodic("mail-saved-reports", 600, reporting.mail_saved_reports),
    Periodic("seal-audit-late", 86_400, housekeeping.seal_audit_late),
    Periodic("delete-sessions", 3600, housekeeping.delete_expired_sessions),
    Periodic("retention", 21_600, retention.run),
)


def run_forever(app: Flask) -> None:
    """Until SIGTERM or SIGINT; what runs is finished first, the next kind of work is not begun."""
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    done: dict[str, int] = {}
    while not stop.is_set():
        with app.app_context():
            tick(done, time.time(), PERIODIC, stop.is_set)
        stop.wait(LOOK_SECONDS)


def tick(
    done: dict[str, int],
    now: float,
    table: tuple[Periodic, ...],
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Do what has begun a new slot since `done`, which is brought up to date."""
    _show_life()
    for entry in table:
        if is_stopping():
            return
        slot = entry.slot(now)
        if done.get(entry.name) == slot:
            continue
        is_ours = _claim(entry, slot)
        if is_ours is None:
            continue  # asked again at the next look
        done[entry.name] = slot
        if is_ours:
            _run(entry, slot)


def _show_life() -> None:
    with suppress(RedisError):  # the first piece of work that misses Redis says so
        pulse.beat(connect(), "scheduler")


def _claim(entry: Periodic, slot: int) -> bool | None:
    """Whether this slot is ours to do; None while the database does not answer."""
    every = timedelta(seconds=entry.every_seconds)
    try:
        with current_app.app_context():
            return commit_once(lambda: periodic_runs.claim(entry.name, slot, every))
    except DBAPIError as error:
        log.warning("slot not claimed", extra={"job": entry.name, "cause": type(error).__name__})
        return None


def _run(entry: Periodic, slot: int) -> None:
    """One failure is that slot's only: the next one tries again."""
    token = request_id.set(f"{entry.name}-{slot}")
    began = time.monotonic()
    try:
        with current_app.app_context():
            done = entry.run()
    except Exception as error:
        log.exception("periodic work failed", extra={"job": entry.name})
        reason = error.message if isinstance(error, DomainError) else sentence_of(error)
        _note(lambda: periodic_runs.note_failed(entry.name, slot, reason))
    else:
        milliseconds = round((time.monotonic() - began) * 1000, 1)
        level = logging.INFO if done else logging.DEBUG
        log.log(
            level, "periodic work done", extra={"job": entry.name, "rows": done, "milliseconds": milliseconds}
        )
        _note(lambda: periodic_runs.note_done(entry.name, slot, done))
    finally:
        request_id.reset(token)


def _note(work: Callable[[], None]) -> None:
    try:
        with current_app.app_context():
            commit_once(work)
    except Exception:  # the work is done all the same
        log.exception("end of periodic work not noted")
