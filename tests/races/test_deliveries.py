"""A thousand messages of a gateway, shuffled, doubled and all at once: each payment is paid once and its payer told once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import inspect

from backoffice.database import db
from backoffice.jobs import gateways
from backoffice.models import Payment
from backoffice.services import ledger
from tests import factories
from tests import stripe_events as stripe
from tests.paying import started
from tests.races.arena import Arena
from tests.services.booked import placed

PAYMENTS = 50
EACH = 20
SENDERS = 8
WORKERS = 4
PATH = "door-of-the-race"
# What keeps a message from being written down twice.
NO_INDEX = "DROP INDEX uq_gateway_events_event"

# All workers go along the same list, so that they meet at the same payment.
WAITING = """
SELECT id FROM gateway_events WHERE processed_at IS NULL AND dead_at IS NULL AND next_attempt_at <= now()
 ORDER BY payload #>> '{data,object,metadata,payment_id}', md5(id::text) LIMIT 40
"""
OPEN = "SELECT count(*) FROM gateway_events WHERE processed_at IS NULL AND dead_at IS NULL"
SUCCEEDED = "SELECT count(*) FROM payment_events WHERE kind = 'succeeded' GROUP BY payment_id"
AUDITED = "SELECT count(*) FROM audit_events WHERE action = 'payment:succeeded' GROUP BY subject_id"
MAILED = "SELECT count(*) FROM messages GROUP BY booking_id"
PAID = """
SELECT p.status, b.status, b.paid_minor, p.allocated_minor FROM payments p
  JOIN allocations a ON a.payment_id = p.id JOIN bookings b ON b.id = a.booking_id
"""

Parcel = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class Storm:
    """What was sent and what came of it."""

    sent: int
    distinct: int
    answers: Counter[int]
    kept: int
    effects: Counter[int]
    audited: Counter[int]
    mails: Counter[int]


def events_of(payment: Payment) -> list[dict[str, Any]]:
    """What Stripe says of one payment, some of it twice under ids of its own, in the order it happened."""
    paid, page = stripe.intent(payment), stripe.session(payment)
    return [
        stripe.event("payment_intent.created", stripe.intent(payment, "requires_payment_method")),
        stripe.event("payment_intent.processing", stripe.intent(payment, "processing")),
        *(stripe.event("charge.succeeded", stripe.charge(payment)) for _ in range(2)),
        *(stripe.event("payment_intent.succeeded", paid) for _ in range(2)),
        *(stripe.event("checkout.session.completed", page) for _ in range(2)),
    ]


def parcels_for(payment: Payment) -> list[Parcel]:
    """Each message at least once, and further copies up to EACH."""
    events = events_of(payment)
    copies = events + random.Random(payment.reference).choices(events, k=EACH - len(events))  # noqa: S311
    return [(body, stripe.signature(body)) for body in map(stripe.raw, copies)]


def open_payments(arena: Arena, count: int) -> list[Parcel]:
    """So many bookings that wait for their money, and all messages about it in no order."""

    def make() -> Iterator[Parcel]:
        factories.make_gateway_account(path=PATH)
        schedule = factories.make_schedule(capacity=count)
        for _ in range(count):
            yield from parcels_for(started(placed(schedule)))

    parcels = arena.make(lambda: list(make()))
    random.Random(count).shuffle(parcels)  # noqa: S311  any order will do, the same in every run
    return parcels


def knock(app: Flask, parcel: Parcel) -> int:
    body, headers = parcel
    return app.test_client().post(f"/api/webhooks/stripe/{PATH}", data=body, headers=headers).status_code


def work(app: Flask, arena: Arena, all_sent: Event) -> None:
    """A worker that is rung for everything that waits, as its colleagues are, until nothing does."""
    while not (all_sent.is_set() and arena.sql(OPEN) == [(0,)]):
        waiting = arena.sql(WAITING)
        for (event_id,) in waiting:
            with app.app_context():
                gateways.apply_event(str(arena.tenant_id), str(event_id))
        if not waiting:
            all_sent.wait(0.05)


def storm(arena: Arena, payments: int = PAYMENTS) -> Storm:
    """Send everything from many threads while the workers apply what has arrived."""
    parcels = open_payments(arena, payments)
    all_sent, apps = Event(), arena.apps
    with ThreadPoolExecutor(SENDERS) as senders, ThreadPoolExecutor(WORKERS) as workers:
        working = [workers.submit(work, apps[n % len(apps)], arena, all_sent) for n in range(WORKERS)]
        try:
            numbered = enumerate(parcels)
            answers = Counter(senders.map(lambda each: knock(apps[each[0] % len(apps)], each[1]), numbered))
        finally:
            all_sent.set()
        for worker in working:
            worker.result()
    return Storm(
        sent=len(parcels),
        distinct=len({body for body, _ in parcels}),
        answers=answers,
        kept=arena.sql("SELECT count(*) FROM gateway_events")[0][0],
        effects=counted(arena, SUCCEEDED),
        audited=counted(arena, AUDITED),
        mails=counted(arena, MAILED),
    )


def counted(arena: Arena, statement: str) -> Counter[int]:
    return Counter(number for (number,) in arena.sql(statement))


def test_a_thousand_messages_pay_fifty_payments_once(arena: Arena) -> None:
    """Abuse cases B2 and B4: repeated ids, new ids for the same object, any order, many at once."""
    found = storm(arena)
    assert (found.sent, found.answers) == (1000, {200: 1000})
    assert found.kept == found.distinct == PAYMENTS * 8
    once = {1: PAYMENTS}
    assert (found.effects, found.audited, found.mails) == (once, once, once)
    assert Counter(arena.sql(PAID)) == {("succeeded", "confirmed", 75_00, 75_00): PAYMENTS}
    assert arena.sql("SELECT count(*) FROM gateway_events WHERE dead_at IS NOT NULL") == [(0,)]
    assert arena.sql("SELECT count(*) FROM work_items") == [(0,)]


def test_without_the_turnstile_payments_are_paid_and_told_twice(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the payment's row is read without its lock, and written whatever its version is now."""
    monkeypatch.setattr(ledger, "lock_payment", unlocked)
    mapper = inspect(Payment)
    monkeypatch.setattr(mapper, "version_id_col", None)
    monkeypatch.setattr(mapper, "_memoized_values", {})  # the statements that were made with it
    found = storm(arena, 10)
    assert found.answers == {200: 10 * EACH}
    assert max(found.effects) > 1
    assert max(found.mails) > 1


def unlocked(payment_id: UUID) -> Payment:
    found = db.session.get_one(Payment, payment_id, populate_existing=True)
    sleep(0.05)  # what another worker may do meanwhile does not hang on how busy the machine is
    return found


def test_without_the_index_each_copy_is_kept(arena: Arena) -> None:
    """The other control: every repetition is written down, and only the turnstile holds its effect up."""
    arena.sql(NO_INDEX)
    found = storm(arena, 5)
    assert found.kept == found.sent > found.distinct
    assert found.effects == found.mails == {1: 5}
