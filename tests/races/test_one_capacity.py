"""One number for everybody: desk, public page, waiting list and import take the places of one date at the same moment."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import DomainError, Refused
from backoffice.models import Attendee, Booking, Schedule, WaitingEntryDate
from backoffice.services import imports, live, schedules, waiting, web_bookings
from backoffice.services.customers import CustomerIn
from backoffice.services.waiting import JoinIn
from backoffice.services.web_bookings import DraftKey, Typed
from tests import factories
from tests.races.arena import Arena, order, placing
from tests.services.imported import ACTOR, BOOKING, table

ROUNDS = int(os.environ.get("RACE_ROUNDS", "4"))
CAPACITY = 12
VISITOR = Actor("customer", name="Visitor", address="192.0.2.1")
EACH = 8  # desk, page and import; half as many wait
REFUSALS = {"fully_booked", "waiting_first", "refused_row"}

Work = Callable[[], Any]


def new_date(arena: Arena, number: int) -> UUID:
    """A full date; every other one with parties on its list: while they wait, visitors are told to join it."""
    code = f"RACE{number}"
    schedule_id: UUID = arena.make(lambda: factories.make_schedule(code=code, capacity=1).id)
    arena.run(placing(order(schedule_id, 900 + number)))
    waiting_now = EACH // 2 if number % 2 == 0 else 0
    parties = [partial(join, schedule_id, number * EACH + each) for each in range(waiting_now)]
    for result in arena.run(*parties, threads=1) if parties else ():
        assert not isinstance(result, DomainError), result
    return schedule_id


def join(schedule_id: UUID, number: int) -> UUID:
    who = CustomerIn(first_name="Wai", last_name="Ting", email=f"waiting{number}@x.example")
    return waiting.join(JoinIn((schedule_id,), 1, who), VISITOR).id


def at_the_desk(schedule_id: UUID, number: int) -> Work:
    return placing(order(schedule_id, number))


def on_the_page(schedule_id: UUID, number: int) -> Work:
    typed = Typed(
        first_name="Vi", last_name=f"Sitor{number}", email=f"visitor{number}@x.example", is_prepared=True
    )
    key = DraftKey(uuid4(), schedule_id, f"198.51.100.{number % 250}")

    def work() -> Any:
        date = web_bookings.find_date(schedule_id, datetime.now(UTC))
        assert date is not None
        held = web_bookings.hold(key, typed.for_places(1), date, VISITOR)
        return held.booking

    return work


def by_import(code: str, number: int) -> Work:
    row = BOOKING | {
        "reference": f"OLD-{number}", "schedule_code": code, "seats": "1", "attendees": "",
        "email": f"imported{number}@x.example", "total": "£75.00", "company": "",
    }  # fmt: skip

    def work() -> Any:
        judged = imports.judge("bookings", imports.read("bookings", table(row), "bookings.csv"))
        if judged.refused:
            raise Refused("refused_row", judged.refused[0].reason)
        imports.write(judged, ACTOR)
        return judged

    return work


def from_the_list(schedule_id: UUID) -> Work:
    return lambda: waiting.offer_next(schedule_id)


def race(arena: Arena, number: int) -> tuple[UUID, Counter[str]]:
    """The date has its twelve places from the same moment on, and everybody wants them."""
    schedule_id = new_date(arena, number)
    raised = arena.run(partial(schedules.change_capacity, schedule_id, CAPACITY, factories.actor()))
    assert not isinstance(raised[0], DomainError), raised
    works: list[Work] = []
    for each in range(EACH):
        key = number * EACH + each
        works += [
            at_the_desk(schedule_id, key),
            on_the_page(schedule_id, key),
            by_import(f"RACE{number}", key),
        ]
    works += [from_the_list(schedule_id)] * EACH
    results = arena.run(*works)
    return schedule_id, Counter(each.code if isinstance(each, DomainError) else "ok" for each in results)


def sold(arena: Arena, schedule_id: UUID) -> tuple[int, int]:
    """The counter, and the places of the live bookings."""
    with arena.inside():
        counter = db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == schedule_id)).one()
        holding = (Attendee.schedule_id == schedule_id, Attendee.holds_place)
        places = db.session.scalar(select(func.count()).select_from(Attendee).where(*holding))
    return counter, places or 0


def test_desk_page_waiting_list_and_import_share_one_number(arena: Arena) -> None:
    sources = Counter[str]()
    for number in range(ROUNDS):
        schedule_id, came = race(arena, number)
        assert set(came) <= REFUSALS | {"ok"}, came
        assert sold(arena, schedule_id) == (CAPACITY, CAPACITY)
        with arena.inside():
            assert live.look([schedule_id])[schedule_id].left == 0
            rows = db.session.execute(
                select(Booking.source, func.count())
                .where(Booking.schedule_id == schedule_id)
                .group_by(Booking.source)
            )
            sources.update(dict(rows.all()))
            offered = db.session.scalar(
                select(func.count()).where(
                    WaitingEntryDate.schedule_id == schedule_id, WaitingEntryDate.status == "offered"
                )
            )
        sources["offered"] += offered or 0
    # Each way in took some: the race was one.
    assert all(sources[way] for way in ("phone", "import", "offered")), sources
    assert sources["web"] > sources["offered"], sources


def test_without_the_check_they_oversell(arena: Arena) -> None:
    arena.sql("ALTER TABLE schedules DROP CONSTRAINT ck_schedules_seats_within_capacity")
    most = 0
    for number in range(10):
        schedule_id, _ = race(arena, number)
        most = max(most, sold(arena, schedule_id)[1])
        if most > CAPACITY:
            break
    assert most > CAPACITY
