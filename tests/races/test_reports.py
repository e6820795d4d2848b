"""A report shows one moment while bookings and money come in, and sums made beforehand miss nothing of what came meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from backoffice.database import db, new_id
from backoffice.models import Allocation, Booking, Payment
from backoffice.services.reports import revenue, rollup, rows
from backoffice.services.reports import snapshot as snapshots
from backoffice.services.reports.lines import PAID
from backoffice.services.reports.periods import Period
from backoffice.services.reports.tables import Asked, Line
from backoffice.work import commit_once
from tests import factories
from tests.races.arena import Arena, order, placing

YEAR = Period(date(2025, 1, 1), date(2030, 12, 31))
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)


def asked(basis: str = PAID) -> Asked:
    return Asked("revenue-by-method", basis, YEAR, "Europe/London", "GBP", NOW)


def pay_on(booking_id: UUID, day: datetime, amount: int = 100) -> None:
    """A payment entered late: it was received on a day that is long over."""
    booking = db.session.get_one(Booking, booking_id)
    payment = Payment(
        reference=f"L{new_id().hex}",
        customer_id=booking.customer_id,
        method="cash",
        amount_minor=amount,
        currency="GBP",
        status="succeeded",
        paid_at=day,
    )
    db.session.add(payment)
    db.session.flush()
    db.session.add(Allocation(payment_id=payment.id, booking_id=booking_id, amount_minor=amount))
    db.session.flush()


def differences(arena: Arena, rounds: int = 40) -> int:
    """How often a total was not the sum of its lines, or of the rows behind it, while payments came in."""
    schedule_id = arena.make(lambda: factories.make_schedule(capacity=1000).id)
    (first,) = arena.run(placing(order(schedule_id, 1)))
    over = Event()

    def keep_paying(number: int) -> None:
        while not over.is_set():
            arena.run(placing(order(schedule_id, number, method="cash")))
            arena.run(lambda: pay_on(first.booking_id, datetime(2026, 3, number, tzinfo=UTC), 1))

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(keep_paying, number) for number in (2, 3, 4)]
        try:
            return sum(differs(arena) for _ in range(rounds))
        finally:
            over.set()
            for writer in writers:
                writer.result()


def differs(arena: Arena) -> bool:
    with arena.inside(), snapshots.snapshot() as reader:
        (table,) = revenue.run("method", reader, asked()).tables
        whole = rows.extent(reader, revenue.detail_of("method", reader, asked(), "GBP", None))
        by_key = 0
        for line in table.lines:
            by_key += rows.extent(reader, revenue.detail_of("method", reader, asked(), "GBP", line.key)).sums[
                "net_minor"
            ]
        total = (table.total or Line(None, "", ()).values)[2]
        return not total == whole.sums["net_minor"] == by_key


def test_totals_are_the_sums_of_their_rows_while_payments_come_in(arena: Arena) -> None:
    assert differences(arena) == 0


def test_without_one_moment_they_differ(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(snapshots, "ISOLATION", {"isolation_level": "READ COMMITTED"})
    assert differences(arena) > 0


def refresh() -> int:
    return rollup.refresh(NOW, PAID)


def ready_and_live(arena: Arena) -> tuple[Any, Any]:
    """The figures with the days that are ready, and from the rows alone."""
    with arena.inside():
        with snapshots.snapshot() as reader:
            ready = rollup.read(reader, asked(), "method", YEAR).by_currency
        live = db.session.execute(
            text("SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE status = 'succeeded'")
        ).scalar()
    return sum(sums.gross_minor for each in ready.values() for sums in each.values()), live


def late_payments(arena: Arena) -> UUID:
    schedule_id = arena.make(lambda: factories.make_schedule().id)
    (placed,) = arena.run(placing(order(schedule_id)))
    arena.run(lambda: pay_on(placed.booking_id, datetime(2026, 1, 5, tzinfo=UTC)))
    while arena.run(refresh)[0]:
        pass
    return placed.booking_id


def test_a_payment_that_is_not_committed_while_its_day_is_summed_up_is_not_lost(arena: Arena) -> None:
    booking_id = late_payments(arena)
    arena.run(lambda: pay_on(booking_id, datetime(2026, 1, 6, tzinfo=UTC)))
    held, go = Event(), Event()

    def slow() -> None:
        pay_on(booking_id, datetime(2026, 1, 6, 10, tzinfo=UTC))
        held.set()
        go.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(arena.run, slow)
        held.wait(20)
        assert arena.run(refresh) == [1]
        go.set()
        writer.result()
    ready, live = ready_and_live(arena)
    assert ready == live == 300
    assert arena.run(refresh) == [1]
    assert ready_and_live(arena) == (300, 300)


def test_jobs_and_late_payments_at_once_leave_exact_sums_and_no_deadlock(arena: Arena) -> None:
    booking_id = late_payments(arena)

    def pay(number: int) -> Any:
        return lambda: pay_on(booking_id, datetime(2026, 1, 1 + number % 5, tzinfo=UTC), 1)

    for _ in range(4):
        works = [pay(number) for number in range(12)] + [refresh] * 4
        results = arena.run(*works, threads=16)
        # A job that was overtaken three times gives way; the next one goes on.
        assert {getattr(result, "code", "ok") for result in results} <= {"ok", "busy"}
        ready, live = ready_and_live(arena)
        assert ready == live
    while arena.run(refresh)[0]:
        pass
    assert arena.sql(
        "SELECT count(*) FROM report_marks WHERE basis = 'paid' AND happened_at < now() - interval '3 days'"
    ) == [(0,)]
    ready, live = ready_and_live(arena)
    assert ready == live == 100 + 48


def test_a_mark_is_written_for_each_change_without_waiting(arena: Arena) -> None:
    """Two transactions that change the same day at once: neither waits for the other's mark."""
    booking_id = late_payments(arena)
    arena.run(placing(order(arena.make(lambda: factories.make_schedule().id), 2)))
    with arena.inside():
        other = db.session.scalars(select(Booking.id).where(Booking.id != booking_id)).one()
    day = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=3)
    held, go = Event(), Event()

    def slow() -> None:
        pay_on(booking_id, day)
        held.set()
        go.wait(20)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(arena.run, slow)
        held.wait(20)
        try:
            with arena.inside():
                db.session.execute(text("SET LOCAL lock_timeout = '2s'"))
                commit_once(lambda: pay_on(other, day))
        finally:
            go.set()
        writer.result()
    assert arena.sql("SELECT count(*) > 1 FROM report_marks") == [(True,)]
