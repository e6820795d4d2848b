"""From the commit to the worker, and how fast a heap of mails leaves: real workers, Valkey and a mail server."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from uuid import UUID

from flask import Flask
from uuid_utils.compat import uuid7

from backoffice.config import PROJECT
from backoffice.domain.actor import SYSTEM
from backoffice.jobs import doorbell
from backoffice.launch.plan import free_port
from backoffice.launch.processes import die_with_parent
from backoffice.launch.table import SMTP_SINK
from backoffice.services import messages, outbox
from backoffice.services.imports import runs
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from bench import fill
from bench.house import House
from bench.table import Figure, at_least, at_most, percentile

HEAP = 400
ARRIVALS = 60
SECONDS_BETWEEN = 0.06
PATIENCE = 60

QUEUED = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id)
SELECT tenant_id, uuidv7(), 'booking_changed', contact_email, contact_first_name, id
  FROM bookings WHERE status = 'confirmed' ORDER BY id LIMIT %s RETURNING id
"""
BOOKED = "SELECT id FROM bookings WHERE status = 'confirmed' ORDER BY id LIMIT %s"
DRAINED = """
SELECT count(*), extract(epoch FROM max(sent_at) - min(sent_at)) FROM messages
 WHERE status = 'sent' AND id = ANY (%s)
"""
KEPT = """
SELECT count(*), extract(epoch FROM max(done_at) - min(done_at)) FROM outbox WHERE id = ANY (%s)
"""
WAITING = {
    "messages": "SELECT count(*) FROM messages WHERE status = 'queued'",
    "outbox": "SELECT count(*) FROM outbox WHERE done_at IS NULL",
}
LATENCIES = {
    "messages": "SELECT extract(epoch FROM sent_at - created_at) FROM messages WHERE id = ANY (%s)",
    "outbox": "SELECT extract(epoch FROM done_at - created_at) FROM outbox WHERE id = ANY (%s)",
}


def measure(house: House) -> list[Figure]:
    filled = fill.provider(house)
    with fill.in_bulk(house) as connection:
        fill.customers(connection, filled, 500)
        fill.dates(connection, filled, 200)
        fill.bookings(connection, filled, 2 * HEAP)
    with house.owner() as connection:
        connection.execute("VACUUM ANALYZE")
    with mail_server(house) as with_mail, ExitStack() as stack:
        app = with_mail.app()
        for name in ("mail", "bulk"):
            stack.enter_context(running("-m", "flask", "--app", "app", "jobs", "work", name, house=with_mail))
        late = latencies(house, app, filled.tenant_id)
        return [
            at_most("mail: from the commit until it is sent, p95", percentile(late["messages"], 95), 1, "s"),
            at_most("outbox: from the commit to the handler, p95", percentile(late["outbox"], 95), 1, "s"),
            at_least("mails that one worker sends", drain(house, app, filled.tenant_id), 100, "/s"),
            at_least("promises that one worker keeps", keep(house, app, filled.tenant_id), 100, "/s"),
        ]


@contextmanager
def mail_server(house: House) -> Iterator[House]:
    """The one of `make run`; gives the house with its address."""
    address = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    found = replace(house, environ=house.environ | address)
    with running("-P", SMTP_SINK, house=found):
        yield found


@contextmanager
def running(*words: str, house: House) -> Iterator[None]:
    """A process of the program until the block ends."""
    with (house.folder / "jobs.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=PROJECT,
            env=house.environ,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def latencies(house: House, app: Flask, tenant_id: UUID) -> dict[str, list[float]]:
    """Seconds from the start of the promising transaction, one mail and one row of the outbox at a time."""
    with house.owner() as connection:
        booked = [row[0] for row in connection.execute(BOOKED, (ARRIVALS,))]
    promise(app, tenant_id, booked[0])  # the workers are up once it is kept
    await_none_waiting(house)
    promised: dict[str, list[UUID | None]] = {"messages": [], "outbox": []}
    for booking_id in booked:
        for table, row_id in promise(app, tenant_id, booking_id).items():
            promised[table].append(row_id)
        time.sleep(SECONDS_BETWEEN)
    await_none_waiting(house)
    with house.owner() as connection:
        return {
            table: [float(row[0]) for row in connection.execute(LATENCIES[table], (ids,))]
            for table, ids in promised.items()
        }


def promise(app: Flask, tenant_id: UUID, booking_id: UUID) -> dict[str, UUID | None]:
    """A mail, and a check of an upload that is gone: its handler looks it up and is done."""
    with app.app_context(), tenant_scope(tenant_id):
        return commit_once(
            lambda: {
                "messages": messages.queue(
                    "booking_changed", recipient="caller@bench.example", booking_id=booking_id, actor=SYSTEM
                ),
                "outbox": outbox.promise(runs.CHECK, run_id=str(uuid7())),
            }
        )


def drain(house: House, app: Flask, tenant_id: UUID) -> float:
    """Mails a second, by the times that the rows tell."""
    with house.owner() as connection:
        heap = [row[0] for row in connection.execute(QUEUED, (HEAP,))]
        with app.app_context():
            doorbell.ring(("message", tenant_id, message_id) for message_id in heap)
        await_none_waiting(house)
        sent, seconds = connection.execute(DRAINED, (heap,)).fetchone() or (0, 1)
    if sent != HEAP:
        raise SystemExit(f"Of {HEAP} mails {sent} were sent.")
    return (HEAP - 1) / float(seconds)


def keep(house: House, app: Flask, tenant_id: UUID) -> float:
    """Rows of the outbox a second: each a check of an upload that is gone, so that what is measured is the way there."""

    def promise_all() -> list[UUID]:
        return [outbox.promise(runs.CHECK, run_id=str(uuid7())) for _ in range(HEAP)]

    with app.app_context(), tenant_scope(tenant_id):
        heap = commit_once(promise_all)
    await_none_waiting(house)
    with house.owner() as connection:
        kept, seconds = connection.execute(KEPT, (heap,)).fetchone() or (0, 1)
    if kept != HEAP:
        raise SystemExit(f"Of {HEAP} promises {kept} were kept.")
    return (HEAP - 1) / float(seconds)


def await_none_waiting(house: House) -> None:
    with house.owner() as connection:
        wait_until(lambda: not any(connection.execute(sql).fetchone()[0] for sql in WAITING.values()))  # type: ignore[index]


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"The workers were not done within {PATIENCE} seconds.")
        time.sleep(0.1)
