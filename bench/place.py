"""Placing a booking over HTTP with eight clients, against the same rows written by bare SQL on the same server."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench import clients, fill, processor
from bench.house import House
from bench.table import Figure, at_least, middle

CLIENTS = 8
SECONDS = 5
ROUNDS = 3
DATES = 200
CUSTOMERS = 2000
# pretix 2026.8 over its REST API, against the same floor (79 statements an order).
PEER = 0.0055
# A measurement books more places than any room has.
ENDLESS = "ALTER TABLE schedules DROP CONSTRAINT ck_schedules_capacity_positive"

# What one booking is in rows: the transaction's tenant, the date and the customer read, seven rows written. The
# triggers and the policies are those of the program.
FLOOR = """
\\set one random(0, {last})
\\set who random(0, {people})
BEGIN;
SELECT set_config('app.tenant_id', '{tenant}', true);
SELECT id AS schedule_id, starts_at, capacity - seats_taken AS places, price_minor FROM schedules
 WHERE id = (ARRAY[{dates}]::uuid[])[:one + 1] \\gset
SELECT id AS customer_id FROM users
 WHERE email = 'caller' || (:who + 1) || '@mail' || (:who + 1) % 97 || '.example' \\gset
SELECT uuidv7() AS booking, uuidv7() AS payment \\gset
INSERT INTO bookings (tenant_id, id, reference, schedule_id, customer_id, contact_first_name, contact_last_name,
       contact_email, status, payment_method, source, currency)
VALUES ('{tenant}', :booking, next_reference('booking', 'BEN', 2026), :schedule_id, :customer_id, 'Ann', 'Other',
       'ann@x.example', 'confirmed', 'cash', 'phone', 'GBP');
INSERT INTO attendees (tenant_id, id, booking_id, schedule_id, position, first_name, last_name, price_minor)
VALUES ('{tenant}', uuidv7(), :booking, :schedule_id, 1, 'Ann', 'Other', :price_minor);
INSERT INTO payments (tenant_id, id, reference, customer_id, method, amount_minor, currency, status, paid_at)
VALUES ('{tenant}', :payment, next_reference('payment', 'BEN-P', 2026), :customer_id, 'cash', :price_minor, 'GBP',
       'succeeded', now());
INSERT INTO allocations (tenant_id, id, payment_id, booking_id, amount_minor)
VALUES ('{tenant}', uuidv7(), :payment, :booking, :price_minor);
INSERT INTO payment_events (tenant_id, id, payment_id, kind, new_status, amount_minor, actor_kind)
VALUES ('{tenant}', uuidv7(), :payment, 'taken', 'succeeded', :price_minor, 'user');
INSERT INTO audit_events (tenant_id, id, actor_kind, action, subject_type, subject_id, new_values)
VALUES ('{tenant}', uuidv7(), 'user', 'booking.place', 'bookings', :booking, '{{"places": 1}}');
INSERT INTO messages (tenant_id, id, template, recipient, booking_id, user_id)
VALUES ('{tenant}', uuidv7(), 'booking_confirmed', 'ann@x.example', :booking, :customer_id);
COMMIT;
"""


@dataclass(frozen=True)
class Field:
    """Where it is measured: the house, its provider, its customers and the dates."""

    house: House
    filled: fill.Filled
    people: Sequence[UUID]
    spread: Sequence[UUID]
    hot: Sequence[UUID]


def prepare(house: House) -> Field:
    filled = fill.provider(house)
    with house.owner() as connection:
        connection.execute(ENDLESS)
        fill.customers(connection, filled, CUSTOMERS)
        spread = fill.dates(connection, filled, DATES, capacity=1_000_000)
        hot = fill.dates(connection, filled, 1, capacity=10_000_000)
        found = connection.execute("SELECT id FROM users WHERE role = 'customer'").fetchall()
    field = Field(house, filled, [row[0] for row in found], spread, hot)
    warm_up(field)
    return field


def warm_up(field: Field) -> None:
    """Some bookings, then statistics: plans made for empty tables read whole tables once these are filled."""
    floor(field, field.spread, 3)
    with field.house.owner() as connection:
        connection.execute("VACUUM ANALYZE")


def measure(house: House) -> list[Figure]:
    field = prepare(house)
    found: dict[str, list[float]] = {name: [] for name in ("floor", "ours", "floor hot", "ours hot")}
    cost: dict[str, list[float]] = {"floor": [], "ours": []}
    me = os.getpid()
    with house.web() as port:
        session = clients.sign_in(port, field.filled.host, fill.EMAIL, fill.PASSWORD)
        over_http(field, port, session, field.spread, 2)  # every worker has its connections and plans
        for _ in range(ROUNDS):
            before = processor.seconds(me)
            found["floor"].append(floor(field, field.spread))
            between = processor.seconds(me)
            found["ours"].append(over_http(field, port, session, field.spread, SECONDS))
            after = processor.seconds(me)
            cost["floor"].append((between - before) / (found["floor"][-1] * SECONDS) * 1000)
            cost["ours"].append((after - between) / (found["ours"][-1] * SECONDS) * 1000)
            found["floor hot"].append(floor(field, field.hot))
            found["ours hot"].append(over_http(field, port, session, field.hot, SECONDS))
    rates = {name: middle(values) for name, values in found.items()}
    return figures(rates) + costs({name: middle(values) for name, values in cost.items()})


def costs(ms: dict[str, float]) -> list[Figure]:
    """Processor time of everything that takes part, the clients too: another view, for a machine that is not idle."""
    return [
        Figure("processor a booking, bare SQL", f"{ms['floor']:.2f} ms"),
        Figure("processor a booking, over HTTP", f"{ms['ours']:.2f} ms"),
        Figure("bare SQL against over HTTP", f"{ms['floor'] / ms['ours']:.3f}"),
    ]


def figures(rate: dict[str, float]) -> list[Figure]:
    ratio = rate["ours"] / rate["floor"]
    return [
        Figure("bare SQL, 200 dates", f"{rate['floor']:,.0f}/s"),
        Figure("over HTTP, 200 dates", f"{rate['ours']:,.0f}/s"),
        at_least("over HTTP against bare SQL", ratio, 0.18),
        at_least("the same against the peer", ratio / PEER, 33),
        Figure("bare SQL, one hot date", f"{rate['floor hot']:,.0f}/s"),
        Figure("over HTTP, one hot date", f"{rate['ours hot']:,.0f}/s"),
        Figure("hot against bare SQL hot", f"{rate['ours hot'] / rate['floor hot']:.3f}"),
        at_least("hot against our own 200 dates", rate["ours hot"] / rate["ours"], 0.9),
    ]


def over_http(
    field: Field, port: int, session: clients.Session, dates: Sequence[UUID], seconds: float
) -> float:
    """Bookings per second through the desk's own endpoint."""

    def body() -> dict[str, object]:
        return {
            "schedule_id": str(random.choice(dates)),  # noqa: S311 - which date, not a secret
            "places": "1",
            "customer_id": str(random.choice(field.people)),  # noqa: S311
            "payment_method": "cash",
            "attendees": [{"first_name": "Ann", "last_name": "Other"}],
            "send_mail": "1",
            "idempotency_key": str(random.getrandbits(120)),
        }

    return clients.rate(port, session, "/admin/desk/book", body, seconds, CLIENTS)


def floor(field: Field, dates: Sequence[UUID], seconds: int = SECONDS) -> float:
    """Transactions per second of the bare statements, by pgbench as the program's own login."""
    script = Path(field.house.folder / "floor.sql")
    script.write_text(
        FLOOR.format(
            tenant=field.filled.tenant_id,
            dates=", ".join(f"'{date}'" for date in dates),
            last=len(dates) - 1,
            people=len(field.people) - 1,
        )
    )
    command = [field.house.program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}"]
    command += ["--jobs=2", f"--time={seconds}", f"--file={script}", field.house.app_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or match is None:
        raise SystemExit(f"pgbench did not finish:\n{done.stderr[-2000:]}")
    return float(match[1])
