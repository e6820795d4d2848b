"""A gateway's messages: kept over HTTP, and applied by one worker, each against the bare SQL of the same rows."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.gateways.stripe import API_VERSION
from backoffice.jobs import gateways
from backoffice.models import GatewayAccount, GatewayEvent, Payment
from backoffice.services import bookings, collecting
from backoffice.services.bookings import Order
from backoffice.services.collecting import Wish
from backoffice.services.customers import CustomerIn
from backoffice.services.sign_in import digest
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from bench import clients, fill
from bench.house import House
from bench.table import Figure, middle

SENDERS = 8
SECONDS = 2
ROUNDS = 3
APPLIED = 40  # events in each round of the worker, and transactions of its floor
PATH = "bench-door"
SECRET = "whsec_bench"  # noqa: S105 - of a folder that is gone afterwards
KEYS = {"secret_key": "sk_test_bench", "webhook_secret": SECRET}
CLERK = Actor("user", role="admin", name="A clerk")

# What keeping one message is in rows: the account found by its address and read, one row written, one row looked at.
KEEPING = """
SELECT tenant_id, id FROM find_gateway_account(decode('{digest}', 'hex')) \\gset
BEGIN;
SELECT set_config('app.tenant_id', '{tenant}', true);
SELECT keys_sealed, path_sealed FROM gateway_accounts WHERE id = '{account}';
INSERT INTO gateway_events (tenant_id, id, gateway_account_id, gateway, event_id, kind, payload, happened_at)
VALUES ('{tenant}', uuidv7(), '{account}', 'stripe', 'evt_floor_' || uuidv7(), 'payment_intent.succeeded',
        '{payload}', now()) ON CONFLICT DO NOTHING RETURNING id;
UPDATE gateway_accounts SET last_event_at = now()
 WHERE id = '{account}' AND (last_event_at IS NULL OR last_event_at < now() - interval '1 minute');
COMMIT;
"""
# What one effect is in rows: the event claimed; the payment and its booking locked and moved, the history, the audit,
# the mail, and the event's end.
EFFECT = """
SELECT id AS event, payment FROM bench_floor WHERE number = (SELECT nextval('bench_next')) \\gset
BEGIN;
SELECT set_config('app.tenant_id', '{tenant}', true);
UPDATE gateway_events SET attempts = attempts + 1, next_attempt_at = now() + interval '45 seconds'
 WHERE id = :event AND processed_at IS NULL RETURNING attempts;
COMMIT;
BEGIN;
SELECT set_config('app.tenant_id', '{tenant}', true);
SELECT id FROM payments WHERE id = :payment FOR NO KEY UPDATE;
UPDATE payments SET status = 'succeeded', paid_at = now(), next_check_at = NULL, version = version + 1,
       gateway_payment_id = 'pi_' || id WHERE id = :payment;
INSERT INTO payment_events (tenant_id, id, payment_id, kind, old_status, new_status, amount_minor, actor_kind)
VALUES ('{tenant}', uuidv7(), :payment, 'succeeded', 'pending', 'succeeded', 7500, 'system');
INSERT INTO audit_events (tenant_id, id, actor_kind, action, subject_type, subject_id, new_values)
VALUES ('{tenant}', uuidv7(), 'system', 'payment.succeeded', 'payments', :payment, '{{"status": "succeeded"}}');
SELECT b.id AS booking, b.customer_id AS customer FROM bookings b JOIN allocations a ON a.booking_id = b.id
 WHERE a.payment_id = :payment FOR NO KEY UPDATE OF b \\gset
UPDATE bookings SET status = 'confirmed', confirmed_at = now(), hold_expires_at = NULL, version = version + 1
 WHERE id = :booking;
INSERT INTO audit_events (tenant_id, id, actor_kind, action, subject_type, subject_id, new_values)
VALUES ('{tenant}', uuidv7(), 'system', 'booking.confirm', 'bookings', :booking, '{{"status": "confirmed"}}');
INSERT INTO messages (tenant_id, id, template, recipient, booking_id, user_id)
VALUES ('{tenant}', uuidv7(), 'booking_confirmed', 'ann@x.example', :booking, :customer);
UPDATE gateway_events SET processed_at = now(), outcome = 'succeeded', payment_id = :payment WHERE id = :event;
COMMIT;
"""
LISTED = """
CREATE TABLE IF NOT EXISTS bench_floor (number bigint PRIMARY KEY, id uuid NOT NULL, payment uuid NOT NULL);
CREATE SEQUENCE IF NOT EXISTS bench_next;
GRANT SELECT ON bench_floor TO PUBLIC;
GRANT USAGE ON bench_next TO PUBLIC;
"""
LIST = """
INSERT INTO bench_floor
SELECT row_number() OVER (ORDER BY id), id, (payload #>> '{data,object,metadata,payment_id}')::uuid
  FROM gateway_events WHERE id = ANY (%s)
"""

_numbers = count(1)


@dataclass(frozen=True)
class Door:
    """The house, its tenant, and the account that the messages are for."""

    house: House
    app: Flask
    tenant_id: UUID
    account_id: UUID
    schedule_id: UUID


def measure(house: House) -> list[Figure]:
    door = prepare(house)
    found: dict[str, list[float]] = {name: [] for name in ("floor", "ours", "effect floor", "effect")}
    with house.web() as port:
        over_http(door, port, 1)  # every worker has its connections and plans
        for _ in range(ROUNDS):
            found["floor"].append(keeping_floor(door, SECONDS))
            found["ours"].append(over_http(door, port, SECONDS))
    with house.owner() as connection:
        connection.execute("TRUNCATE gateway_events")  # those were about nothing of ours
    effects(door, 10)
    effect_floor(door, 10)
    with house.owner() as connection:
        connection.execute("VACUUM ANALYZE")
    for _ in range(ROUNDS):
        found["effect floor"].append(effect_floor(door, APPLIED))
        found["effect"].append(effects(door, APPLIED))
    return figures({name: middle(values) for name, values in found.items()})


def figures(rate: dict[str, float]) -> list[Figure]:
    return [
        Figure("kept by bare SQL, 8 clients", f"{rate['floor']:,.0f}/s"),
        Figure("kept over HTTP, 8 clients", f"{rate['ours']:,.0f}/s"),
        Figure("over HTTP against bare SQL", f"{rate['ours'] / rate['floor']:.3f}"),
        Figure("effects by bare SQL, one client", f"{rate['effect floor']:,.0f}/s"),
        Figure("effects of one worker", f"{rate['effect']:,.0f}/s"),
        Figure("one worker against bare SQL", f"{rate['effect'] / rate['effect floor']:.3f}"),
    ]


def prepare(house: House) -> Door:
    """A provider with an account at Stripe and a date with room for everybody."""
    filled, app = fill.provider(house), house.app()
    with house.owner() as connection:
        connection.execute("ALTER TABLE schedules DROP CONSTRAINT ck_schedules_capacity_positive")
        (schedule_id,) = fill.dates(connection, filled, 1, capacity=1_000_000)
        connection.execute(LISTED)
    with app.app_context(), tenant_scope(filled.tenant_id):
        account_id = commit_once(_make_account)
    return Door(house, app, filled.tenant_id, account_id, schedule_id)


def _make_account() -> UUID:
    values = {"gateway": "stripe", "mode": "test", "path": PATH, "path_digest": digest(PATH)}
    account = GatewayAccount(**values, keys=json.dumps(KEYS))
    db.session.add(account)
    db.session.flush()
    return account.id


# --- Keeping ---


def message(payment_id: str = "01890000-0000-7000-8000-000000000000", reference: str = "") -> dict[str, Any]:
    """A payment that succeeded, in the usual size of Stripe's events."""
    number = next(_numbers)
    found = {
        "object": "payment_intent",
        "id": f"pi_{payment_id}",
        "status": "succeeded",
        "amount": 7500,
        "amount_received": 7500,
        "currency": "gbp",
        "metadata": {"payment_id": payment_id, "reference": reference},
        "description": "x" * 1200,
    }
    return {
        "id": f"evt_bench_{number}_{time.time_ns()}",
        "object": "event",
        "api_version": API_VERSION,
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": found},
    }


class Sender(clients.Browser):
    """A browser that signs what it sends."""

    def post(self, path: str, body: dict[str, object]) -> tuple[int, bytes]:
        raw, at = json.dumps(body).encode(), int(time.time())
        signed = hmac.new(SECRET.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return self._send(f"POST {path}", raw, f"Stripe-Signature: t={at},v1={signed}\r\n")


def over_http(door: Door, port: int, seconds: float) -> float:
    """Messages kept per second by the web, each signed and new."""
    session = clients.Session("bench.localhost")
    path = f"/api/webhooks/stripe/{PATH}"
    return clients.rate(port, session, path, message, seconds, SENDERS, browser=Sender)


def keeping_floor(door: Door, seconds: int) -> float:
    payload = json.dumps(message()).replace("'", "''")
    script = KEEPING.format(
        tenant=door.tenant_id, account=door.account_id, digest=digest(PATH).hex(), payload=payload
    )
    return pgbench(door.house, script, f"--client={SENDERS}", "--jobs=2", f"--time={seconds}")


def pgbench(house: House, script: str, *words: str) -> float:
    """Transactions per second, as the program's own login."""
    file = house.folder / "webhooks.sql"
    file.write_text(script)
    command = [house.program("pgbench"), "--no-vacuum", "--protocol=prepared", *words]
    command += [f"--file={file}", house.app_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or match is None or "aborted" in done.stderr:
        raise SystemExit(f"pgbench did not finish:\n{done.stderr[-2000:]}")
    return float(match[1])


# --- Effects ---


def waiting(door: Door, number: int) -> Sequence[UUID]:
    """So many bookings that wait for their payment, and the kept message that pays each."""
    with door.app.app_context(), tenant_scope(door.tenant_id):
        return [commit_once(lambda: _wait_for_money(door)) for _ in range(number)]


def _wait_for_money(door: Door) -> UUID:
    who = CustomerIn(first_name="Ann", last_name="Other", email=f"ann{next(_numbers)}@x.example")
    order = Order(door.schedule_id, 1, who, "bank_transfer", send_mail=False)
    placed = bookings.place(order, CLERK)
    attempt = collecting.prepare(Wish("stripe", (placed.booking_id,)), SYSTEM, datetime.now(UTC))
    reference = db.session.scalars(select(Payment.reference).where(Payment.id == attempt.payment_id)).one()
    told = message(str(attempt.payment_id), reference)
    values: dict[str, Any] = {
        "tenant_id": door.tenant_id,
        "id": new_id(),
        "gateway_account_id": door.account_id,
    }
    values |= {"gateway": "stripe", "event_id": told["id"], "kind": told["type"], "payload": told}
    add_rows(GatewayEvent, values)
    return values["id"]


def effects(door: Door, number: int) -> float:
    """Events applied per second by one worker's job, one after the other."""
    events = waiting(door, number)
    began = time.monotonic()
    for event_id in events:
        with door.app.app_context():
            gateways.apply_event(str(door.tenant_id), str(event_id))
    seconds = time.monotonic() - began
    _check(door, events)
    return number / seconds


def effect_floor(door: Door, number: int) -> float:
    """The same rows by one client of pgbench."""
    events = waiting(door, number)
    with door.house.owner() as connection:
        connection.execute("TRUNCATE bench_floor")
        connection.execute("ALTER SEQUENCE bench_next RESTART")
        connection.execute(LIST, (list(events),))
    script = EFFECT.format(tenant=door.tenant_id)
    rate = pgbench(door.house, script, "--client=1", f"--transactions={number}")
    _check(door, events)
    return rate


def _check(door: Door, events: Sequence[UUID]) -> None:
    with door.house.owner() as connection:
        wanted = "SELECT count(*) FROM gateway_events WHERE id = ANY (%s) AND outcome = 'succeeded'"
        (done,) = connection.execute(wanted, (list(events),)).fetchone() or (0,)
    if done != len(events):
        raise SystemExit(f"Of {len(events)} events {done} had their effect.")
