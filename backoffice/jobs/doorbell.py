"""After a commit, tell the workers what is there. A lost ring costs seconds: the sweeper rings again."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from redis import Redis, RedisError
from rq import Queue

from backoffice.database import at_the_end
from backoffice.jobs.queues import (
    APPLY_GATEWAY_EVENT,
    BULK,
    CARRY_OUT_REFUND,
    CHECK_PAYMENT,
    COMPARE_ACCOUNT,
    HANDLE_OUTBOX,
    MAIL,
    MAKE_CERTIFICATES,
    MONEY,
    SEND_MESSAGES,
    SEND_ROUND,
    queue,
)
from backoffice.services.sending import AT_ONCE

log = logging.getLogger(__name__)

SECONDS = 0.2

# What is rung for: on which queue, by which function, and after how many seconds a try is ended. A mail's try ends
# before the claim on it does; an import may take long, and whoever is rung for it meanwhile finds it busy.
BELLS = {
    "message": (MAIL, SEND_MESSAGES, 25),
    "round": (MAIL, SEND_ROUND, 25),
    "outbox": (BULK, HANDLE_OUTBOX, 3600),
    "gateway_event": (MONEY, APPLY_GATEWAY_EVENT, 40),
    "payment": (MONEY, CHECK_PAYMENT, 40),
    "refund": (MONEY, CARRY_OUT_REFUND, 40),
    # It may take minutes, and must not keep what customers wait for waiting.
    "reconciliation": (BULK, COMPARE_ACCOUNT, 1100),
    # A turn of ten seconds; what hangs in one paper is ended.
    "certificate_run": (BULK, MAKE_CERTIFICATES, 40),
}

Ring = tuple[str, UUID, UUID]


def wire(app: Flask) -> None:
    """Ring after each commit of this program's sessions; forget after a rollback."""
    app.extensions["doorbell_queues"] = {}
    app.extensions["doorbell_redis"] = Redis.from_url(
        app.extensions["settings"].redis_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
    )


at_the_end("doorbell", lambda session, rings: ring(rings))


def ring(rings: Iterable[Ring]) -> bool:
    """Enqueue (kind, tenant id, row id). False without Redis, and a log line: the sweeper finds the rows.

    The same id may ring twice, on purpose not `unique`: after a kill -9 Redis calls a job "started" for minutes,
    and a second ring must get through. What is rung in vain finds its row taken or done and costs a millisecond.
    """
    jobs = list(_gathered(rings))
    crowds = {tenant_id for kind, tenant_id, _ in jobs if kind == "round"}
    try:
        with _redis().pipeline(transaction=False) as pipeline:  # one round trip: a booking waits for it
            for kind, tenant_id, row_ids in jobs:
                if kind != "round":
                    _enqueue(pipeline, kind, (tenant_id, *row_ids), f"{kind}-{row_ids[0]}")
            pipeline.execute()
        for tenant_id in crowds:
            _ring_round(tenant_id)
    except RedisError as error:
        log.warning("doorbell not rung", extra={"cause": str(error)})
        return False
    return True


def _gathered(rings: Iterable[Ring]) -> Iterator[tuple[str, UUID, list[UUID]]]:
    """One job for the few messages or promises of one commit; a heap takes its turns with everybody else's."""
    heaps: dict[tuple[str, UUID], list[UUID]] = {}
    for kind, tenant_id, row_id in rings:
        if kind in ("message", "outbox"):
            heaps.setdefault((kind, tenant_id), []).append(row_id)
        else:
            yield kind, tenant_id, [row_id]
    for (kind, tenant_id), row_ids in heaps.items():
        if kind == "message":
            yield ("message" if len(row_ids) <= AT_ONCE else "round"), tenant_id, row_ids
        else:
            for first in range(0, len(row_ids), AT_ONCE):
                yield kind, tenant_id, row_ids[first : first + AT_ONCE]


def ring_round(tenant_id: UUID) -> bool:
    """Have a worker send what is due of a provider, in turn with the others. False without Redis."""
    try:
        _ring_round(tenant_id)
    except RedisError as error:
        log.warning("doorbell not rung", extra={"cause": str(error)})
        return False
    return True


def _ring_round(tenant_id: UUID) -> None:
    """One place in the queue for each provider, however often it is rung for: a second one would be a double share.

    One that a worker has begun has left the queue, so that a killed worker's is rung for again. Each has a name of its
    own: the end of a job takes away whatever is kept under its name, were it the next one's.
    """
    end = f"-{tenant_id}"
    if not any(name.startswith("round-") and name.endswith(end) for name in _queue(MAIL).job_ids):
        _enqueue(None, "round", (tenant_id,), f"round-{secrets.token_hex(4)}{end}")


def _enqueue(pipeline: Any, kind: str, ids: tuple[UUID, ...], name: str) -> None:
    queue_name, function, seconds = BELLS[kind]
    _queue(queue_name).enqueue(
        function,
        args=tuple(str(each) for each in ids),
        job_id=name,
        job_timeout=seconds,
        result_ttl=0,
        failure_ttl=86_400,
        pipeline=pipeline,
    )


def _redis() -> Redis:
    return current_app.extensions["doorbell_redis"]


def _queue(name: str) -> Queue:
    """Kept per app: a new one asks Redis for its version each time."""
    queues: dict[str, Queue] = current_app.extensions["doorbell_queues"]
    if name not in queues:
        queues[name] = queue(name, _redis())
    return queues[name]


def room(kind: str, at_most: int) -> int:
    """How many rings the queue still takes before it holds `at_most`. Raises RedisError."""
    return max(at_most - _queue(BELLS[kind][0]).count, 0)
