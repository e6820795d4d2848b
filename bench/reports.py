"""Reports over 1,000,000 payments against plain SQL of the same figures, and the export of 100,000 rows against COPY."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import psycopg.sql
from flask import Flask

from backoffice.database import db
from backoffice.services.reports import revenue, rollup
from backoffice.services.reports.csv_stream import csv_stream
from backoffice.services.reports.lines import BASES, PAID
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import open_snapshot, snapshot
from backoffice.services.reports.tables import Asked
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from bench import fill, processor
from bench.house import House
from bench.table import Figure, at_most, middle

ROUNDS = 3
PAYMENTS = 1_000_000
EXPORTED = 100_000
ZONE = "Europe/London"

# What would be paid after now was paid 100 days before: else a day would hold what a hundred bring.
MONEY = """
INSERT INTO payments (tenant_id, id, reference, customer_id, method, amount_minor, currency, status, paid_at, allocated_minor)
SELECT tenant_id, uuidv7(), 'PAY-' || reference, customer_id, (ARRAY['cash', 'card_terminal', 'stripe', 'bank_transfer'])
       [1 + abs(hashtext(reference)) %% 4], 7500, 'GBP', 'succeeded',
       CASE WHEN booked_at < now() - interval '2 days' THEN booked_at + interval '2 days'
            ELSE booked_at - interval '100 days' END, 7500
  FROM bookings WHERE tenant_id = %(tenant)s
"""
PARTS = """
INSERT INTO allocations (tenant_id, id, payment_id, booking_id, amount_minor)
SELECT p.tenant_id, uuidv7(), p.id, b.id, 7500
  FROM payments p JOIN bookings b ON b.tenant_id = p.tenant_id AND 'PAY-' || b.reference = p.reference
 WHERE p.tenant_id = %(tenant)s
"""
BACK = """
INSERT INTO refunds (tenant_id, id, reference, payment_id, booking_id, amount_minor, currency, status, reason, route,
                     requested_at, succeeded_at)
SELECT p.tenant_id, uuidv7(), 'REF' || p.reference, p.id, a.booking_id, 2500, 'GBP', 'succeeded', 'Ill', 'hand', p.paid_at,
       LEAST(p.paid_at + interval '9 days', now())
  FROM payments p JOIN allocations a ON a.tenant_id = p.tenant_id AND a.payment_id = p.id
 WHERE p.tenant_id = %(tenant)s AND abs(hashtext(p.reference)) %% 20 = 0
"""
# What somebody would write who knows the tables: received, given back and VAT by month, of the same span.
PLAIN = f"""
SELECT to_char(at AT TIME ZONE '{ZONE}', 'YYYY-MM') AS month, sum(received), sum(given), sum(
       CASE WHEN v.net > 0 THEN round(received * v.vat / v.net) - round(given * v.vat / v.net) ELSE 0 END)
  FROM (SELECT p.paid_at AS at, a.booking_id, a.amount_minor AS received, 0 AS given
          FROM payments p JOIN allocations a ON a.tenant_id = p.tenant_id AND a.payment_id = p.id
         WHERE p.tenant_id = %(tenant)s AND p.status = 'succeeded' AND p.method <> 'credit'
           AND p.paid_at >= %(begin)s AND p.paid_at < %(end)s
        UNION ALL
        SELECT r.succeeded_at, r.booking_id, 0, r.amount_minor FROM refunds r
         WHERE r.tenant_id = %(tenant)s AND r.status = 'succeeded' AND r.route <> 'credit'
           AND r.succeeded_at >= %(begin)s AND r.succeeded_at < %(end)s) l
  LEFT JOIN LATERAL (SELECT sum((price_minor - discount_minor) * vat_rate_bp / (10000.0 + vat_rate_bp)) AS vat,
                            sum(price_minor - discount_minor) AS net
                       FROM attendees WHERE tenant_id = %(tenant)s AND booking_id = l.booking_id) v ON true
 GROUP BY 1
"""  # noqa: S608 - a name of our own


@dataclass(frozen=True)
class Ledger:
    """A provider with its payments."""

    house: House
    filled: fill.Filled


def prepare(house: House) -> Ledger:
    """1,000,000 bookings over four years, each with its payment; a refund for every twentieth."""
    filled = fill.provider(house)
    with fill.in_bulk(house) as connection:
        fill.customers(connection, filled, 20_000)
        fill.dates(connection, filled, 90_000, status="completed", days=(-1400, -1))
        fill.dates(connection, filled, 10_000, days=(1, 100))
        fill.bookings(connection, filled, PAYMENTS)
        for statement in (MONEY, PARTS, BACK):
            connection.execute(statement, {"tenant": filled.tenant_id})
    return Ledger(house, filled)


def measure(ledger: Ledger) -> list[Figure]:
    """Cold from the rows, with the days ready, and as files."""
    app, today = ledger.house.app(), datetime.now(UTC).date()
    year = Period(today.replace(day=1) - timedelta(days=330), today)
    month, whole = Period(today.replace(day=1), today), Period(date(2020, 1, 1), today)
    plain = seconds(lambda: plainly(ledger, whole))
    live = seconds(lambda: reported(app, ledger, "all", whole), rounds=3)
    began, used = time.monotonic(), processor.seconds(os.getpid())
    days = sum_up(app, ledger)
    took, used = time.monotonic() - began, processor.seconds(os.getpid()) - used
    same = agrees(app, ledger, whole)
    figures = [
        at_most("by month, all payments, nothing summed up before / plain SQL", live / plain, 1.2, "x"),
        Figure(f"summing up the past, once: {days:,} days", f"{took:.0f} s, {used:.0f} s of processor"),
        Figure("equal to plain SQL to the penny", "yes" if same else "NO", "yes", same),
    ]
    for dimension in ("all", "course", "method"):
        what = {"all": "month"}.get(dimension, dimension)
        for words, period in (("all payments", whole), ("12 months", year), ("this month", month)):
            spent = seconds(lambda d=dimension, p=period: reported(app, ledger, d, p))  # type: ignore[misc]
            figures.append(
                at_most(
                    f"by {what}, {words} / plain SQL of all", spent / plain, 0.1, f"x ({spent * 1000:.0f} ms)"
                )
            )
    return [*figures, Figure("plain SQL of all", f"{plain:.2f} s"), *exported(app, ledger)]


def asked(period: Period) -> Asked:
    return Asked("revenue-by-month", PAID, period, ZONE, "GBP", datetime.now(UTC))


def reported(app: Flask, ledger: Ledger, dimension: str, period: Period) -> Any:
    with app.app_context(), tenant_scope(ledger.filled.tenant_id), snapshot() as reader:
        return rollup.read(reader, asked(period), dimension, period).of("GBP")


def plainly(ledger: Ledger, period: Period) -> dict[str, tuple[int, int, int]]:
    begin, end = period.instants(ZONE)
    with ledger.house.owner() as connection:
        rows = connection.execute(PLAIN, {"tenant": ledger.filled.tenant_id, "begin": begin, "end": end})
        return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def agrees(app: Flask, ledger: Ledger, period: Period) -> bool:
    sums = reported(app, ledger, "all", period)
    ours = {key: (each.gross_minor, each.refunded_minor, each.vat_minor) for key, each in sums.items()}
    return bool(ours == plainly(ledger, period))


def sum_up(app: Flask, ledger: Ledger) -> int:
    with app.app_context(), tenant_scope(ledger.filled.tenant_id):
        days = rollup.refresh_all(datetime.now(UTC), 3600, commit_once)
        db.session.remove()
    with ledger.house.owner() as connection:
        connection.execute("ANALYZE report_sums, report_days")
    assert days > len(BASES)
    return days


def exported(app: Flask, ledger: Ledger) -> list[Figure]:
    """100,000 rows as CSV through the program, and the same rows by COPY."""
    last = datetime.now(UTC).date() - timedelta(days=365)
    period = Period(last - timedelta(days=2 * 1400 * EXPORTED // PAYMENTS), last)
    with app.app_context(), tenant_scope(ledger.filled.tenant_id), snapshot() as reader:
        detail = revenue.REPORTS[0].detail(reader, asked(period), "GBP", None)
    detail = replace(detail, sql=f"SELECT * FROM ({detail.sql}) enough LIMIT {EXPORTED}")  # noqa: S608
    names = ", ".join(column.name for column in detail.columns)
    sql = f"SELECT {names} FROM ({detail.sql}) rows ORDER BY {detail.order}"  # noqa: S608 - names of our own
    values = detail.values

    def copied() -> int:
        with psycopg.connect(ledger.house.app_url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", (str(ledger.filled.tenant_id),))
            literal = bound(cursor, sql, values)
            with cursor.copy(f"COPY ({literal}) TO STDOUT WITH (FORMAT csv)") as copy:
                return sum(len(bytes(chunk)) for chunk in copy)

    def streamed() -> int:
        with app.app_context(), tenant_scope(ledger.filled.tenant_id):
            reader = open_snapshot()
            chunks = csv_stream(reader, detail, ZONE)
        try:
            return sum(chunk.count(b"\r\n") for chunk in chunks)
        finally:
            reader.close()

    rows = streamed() - 1
    ratio = seconds(streamed) / seconds(copied)
    return [
        Figure("rows exported", f"{rows:,}"),
        at_most("CSV / COPY", ratio, 2, "x"),
        at_most("memory of the CSV, peak", peak_mib(streamed), 20, "MiB"),
    ]


def peak_mib(work: Callable[[], Any]) -> float:
    """What Python held at most at once."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1024 / 1024
    tracemalloc.stop()
    return peak


def bound(cursor: Any, sql: str, values: Any) -> str:
    """COPY takes no parameters: the values written into the statement, as psycopg quotes them."""
    for name in sorted(values, key=len, reverse=True):
        sql = sql.replace(f":{name}", psycopg.sql.Literal(values[name]).as_string(cursor))
    return sql


def seconds(work: Callable[[], Any], *, rounds: int = ROUNDS) -> float:
    """The median of several rounds, after one that warms up."""
    work()
    return middle(timed(work) for _ in range(rounds))


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
