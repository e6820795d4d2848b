"""10,000 reminders found and queued, against the plainest SQL that writes the same rows; and a run that finds nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from flask import Flask

from backoffice.services import reminders
from backoffice.services.reminders import rules
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from bench import fill
from bench.house import House
from bench.table import Figure, at_least, at_most, middle

REMINDERS = 10_000
BESIDE = 40_000
ROUNDS = 5
# The dates of the reminders lie in the last two days before the rule's week; the others at any time.
CONFIRM = """
UPDATE bookings SET status = 'confirmed', confirmed_at = now() - interval '60 days', booked_at = now() - interval '60 days'
 WHERE starts_at BETWEEN now() + interval '5 days 2 hours' AND now() + interval '6 days 22 hours'
"""
OTHERS = """
UPDATE bookings SET status = 'cancelled'
 WHERE starts_at BETWEEN now() AND now() + interval '9 days'
   AND starts_at NOT BETWEEN now() + interval '5 days 2 hours' AND now() + interval '6 days 22 hours'
"""
DUE = """
SELECT count(*) FROM bookings
 WHERE starts_at BETWEEN now() + interval '5 days 2 hours' AND now() + interval '6 days 22 hours'
"""
PLAIN = """
INSERT INTO messages (tenant_id, id, template, recipient, recipient_name, booking_id, user_id, data, once_key)
SELECT b.tenant_id, gen_random_uuid(), 'joining_instructions', b.contact_email, b.contact_first_name, b.id, b.customer_id,
       jsonb_build_object('starts_at', b.starts_at), concat('plain:', b.id)
  FROM bookings b
 WHERE b.tenant_id = %s AND b.status = 'confirmed'
   AND b.starts_at BETWEEN now() + interval '5 days 2 hours' AND now() + interval '6 days 22 hours'
"""


def measure(house: House) -> list[Figure]:
    filled = fill.provider(house)
    with fill.in_bulk(house) as connection:
        fill.customers(connection, filled, 5_000)
        fill.dates(connection, filled, 400, capacity=200, days=(0, 9))
        fill.bookings(connection, filled, REMINDERS + BESIDE)
        for statement in (CONFIRM, OTHERS):
            connection.execute(statement)
    app = house.app()
    with app.app_context(), tenant_scope(filled.tenant_id):
        commit_once(rules.seed)
    ours, floor, idle = [], [], []
    with house.owner() as owner:
        expected = (owner.execute(DUE).fetchone() or (0,))[0]
        for _ in range(ROUNDS):
            floor.append(plain(house, filled.tenant_id, expected))
            empty(owner)
            ours.append(queue(app, filled.tenant_id, expected))
            idle.append(queue(app, filled.tenant_id, 0))
            empty(owner)
    note = f"({expected / middle(ours):,.0f}/s, plain SQL {expected / middle(floor):,.0f}/s)"
    return [
        at_least(f"{expected:,} reminders, share of plain SQL", middle(floor) / middle(ours), 0.4, note),
        at_most("a run that finds nothing new", middle(idle), 1, "s"),
    ]


def plain(house: House, tenant_id: UUID, expected: int) -> float:
    """Seconds of the bare statement, as the program's own login."""
    with psycopg.connect(house.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (str(tenant_id),))
        began = time.perf_counter()
        written = connection.execute(PLAIN, (tenant_id,)).rowcount
        connection.commit()
        taken = time.perf_counter() - began
    check(written, expected)
    return taken


def queue(app: Flask, tenant_id: UUID, expected: int) -> float:
    """Seconds of one whole run of the finder for a provider: every kind of moment, and the commit."""
    with app.app_context(), tenant_scope(tenant_id):
        began = time.perf_counter()
        written = commit_once(lambda: reminders.queue_due(datetime.now(UTC)))
        taken = time.perf_counter() - began
    # Names are asked for besides, where they are missing.
    check(written, expected, at_least_so=True)
    return taken


def check(written: int, expected: int, *, at_least_so: bool = False) -> None:
    if written < expected or (written > expected and not at_least_so):
        raise SystemExit(f"{written} reminders were queued where {expected} were due.")


def empty(owner: psycopg.Connection) -> None:
    owner.execute("DELETE FROM messages")
    owner.execute("VACUUM ANALYZE messages")
