"""Abuse case A8: one place comes free, forty visitors press at once, three parties wait; and offers made twice at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM, Actor
from backoffice.domain.errors import DomainError
from backoffice.models import Attendee, Booking, Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services import bookings, schedules, waiting, waiting_turn
from tests import factories
from tests.races.arena import Arena, order, outcomes, placing
from tests.services.waiting import world

VISITOR = Actor("customer", name="Visitor")
ADMIN = factories.actor("admin")
ROUNDS = 3


def full(arena: Arena, taken: int = 2, waits: tuple[int, ...] = (1, 1, 1), **values: Any) -> UUID:
    """A full date with parties of these sizes on its list, named p0, p1, …"""

    def make() -> UUID:
        date = world.full_date(taken, **values)
        for number, places in enumerate(waits):
            world.joined(f"p{number}-{date.id.hex[-6:]}", date, places=places)
        return date.id

    return arena.make(make)


def visiting(schedule_id: UUID, number: int) -> Any:
    return lambda: bookings.place(order(schedule_id, number, "payment_link", is_hold=True), VISITOR)


def looking(schedule_id: UUID) -> Any:
    return lambda: waiting.look_after(schedule_id)


def cancelling(arena: Arena, schedule_id: UUID, how_many: int = 1) -> list[Any]:
    with arena.inside():
        found = db.session.scalars(
            select(Booking.id).where(Booking.schedule_id == schedule_id, Booking.status == "pending")
        ).all()[:how_many]
    return [partial(bookings.cancel, each, "Ill", ADMIN, send_mail=False) for each in found]


def offers(arena: Arena, schedule_id: UUID) -> list[str]:
    """The statuses of the parties of a date, in their order."""
    with arena.inside():
        return list(
            db.session.scalars(
                select(WaitingEntryDate.status)
                .join(WaitingEntry, WaitingEntry.id == WaitingEntryDate.entry_id)
                .where(WaitingEntryDate.schedule_id == schedule_id)
                .order_by(WaitingEntry.joined_at)
            )
        )


def counted(arena: Arena, schedule_id: UUID) -> tuple[int, int, int]:
    """The capacity, the counter, and the places of live bookings."""
    with arena.inside():
        row = db.session.execute(
            select(Schedule.capacity, Schedule.seats_taken).where(Schedule.id == schedule_id)
        ).one()
        places = db.session.scalar(
            select(func.count())
            .select_from(Attendee)
            .where(Attendee.schedule_id == schedule_id, Attendee.holds_place)
        )
    return row.capacity, row.seats_taken, places or 0


def test_one_freed_place_goes_to_the_first_in_line_whoever_else_presses(arena: Arena) -> None:
    for number in range(ROUNDS):
        schedule_id = full(arena)
        works = [
            *cancelling(arena, schedule_id),
            *[visiting(schedule_id, number * 100 + each) for each in range(40)],
            *[looking(schedule_id)] * 4,
        ]
        results = arena.run(*works)
        arena.run(looking(schedule_id))
        visitors = outcomes(results[1:41])
        assert set(visitors) <= {"fully_booked", "waiting_first"}, visitors
        assert offers(arena, schedule_id) == ["offered", "waiting", "waiting"]
        assert counted(arena, schedule_id) == (2, 2, 2)


def test_without_the_rule_a_visitor_snatches_the_place(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    monkeypatch.setattr(waiting_turn, "VISITORS", ())
    schedule_id = full(arena)
    arena.run(*cancelling(arena, schedule_id))
    results = arena.run(*[visiting(schedule_id, each) for each in range(40)])
    assert outcomes(results)["ok"] == 1
    arena.run(looking(schedule_id))
    assert offers(arena, schedule_id) == ["waiting", "waiting", "waiting"]


def test_offers_made_at_once_are_one_for_each_place(arena: Arena) -> None:
    for _ in range(ROUNDS):
        schedule_id = full(arena, 3, (1, 1, 1, 1, 1))
        arena.run(*cancelling(arena, schedule_id, 2))
        results = arena.run(*[looking(schedule_id)] * 16)
        assert not [each for each in results if isinstance(each, DomainError)]
        assert offers(arena, schedule_id) == ["offered", "offered", "waiting", "waiting", "waiting"]
        assert counted(arena, schedule_id) == (3, 3, 3)


def test_without_its_turnstile_a_party_gets_two_offers(arena: Arena) -> None:
    """The control: without the lock and the index, two jobs at once offer the same party two dates."""
    arena.sql("DROP INDEX uq_waiting_entry_dates_offer")

    def make() -> tuple[UUID, UUID]:
        course = factories.make_course()
        one, other = world.full_date(1, course=course), world.full_date(1, course=course)
        world.joined("twice", one, other)
        return one.id, other.id

    dates = arena.make(make)
    arena.run(*[work for each in dates for work in cancelling(arena, each)])

    def unlocked(schedule_id: UUID) -> Any:
        def work() -> None:
            wish = db.session.scalars(
                select(WaitingEntryDate).where(WaitingEntryDate.schedule_id == schedule_id)
            ).one()
            start.wait(10)
            waiting_offering._offer(wish, SYSTEM, datetime.now(UTC))

        return work

    from threading import Barrier

    from backoffice.services.waiting import offering as waiting_offering

    start = Barrier(2)
    arena.run(*[unlocked(each) for each in dates])
    found = [offers(arena, each)[0] for each in dates]
    assert found == ["offered", "offered"]


def test_one_party_on_two_dates_that_open_at_once_gets_one_offer(arena: Arena) -> None:
    for number in range(ROUNDS):

        def make(number: int = number) -> tuple[UUID, UUID]:
            course = factories.make_course()
            one, other = world.full_date(1, course=course), world.full_date(1, course=course)
            world.joined(f"both{number}", one, other)
            return one.id, other.id

        dates = arena.make(make)
        arena.run(*[work for each in dates for work in cancelling(arena, each)])
        arena.run(*[looking(each) for each in dates] * 4)
        found = Counter(offers(arena, each)[0] for each in dates)
        assert found == {"offered": 1, "waiting": 1}


def test_desk_visitors_list_and_a_raised_capacity_at_once_never_oversell(arena: Arena) -> None:
    for number in range(ROUNDS):
        schedule_id = full(arena, 4, (2, 1, 3, 1))
        works = [
            *cancelling(arena, schedule_id, 3),
            *[visiting(schedule_id, number * 100 + each) for each in range(8)],
            *[placing(order(schedule_id, 5000 + number * 100 + each)) for each in range(4)],
            partial(schedules.change_capacity, schedule_id, 5, ADMIN),
            *[looking(schedule_id)] * 8,
        ]
        results = arena.run(*works)
        assert not [
            each for each in results if isinstance(each, Exception) and not isinstance(each, DomainError)
        ]
        while any(arena.run(looking(schedule_id))):
            pass
        capacity, counter, places = counted(arena, schedule_id)
        assert counter == places <= capacity


def test_accepting_and_running_out_at_once_end_in_one_of_the_two(arena: Arena) -> None:
    for _ in range(ROUNDS):
        schedule_id = full(arena, 1, (1, 1), pricing="free", price_minor=None)
        with arena.inside():
            world.cancel_one(db.session.get_one(Schedule, schedule_id))
        arena.run(looking(schedule_id))
        with arena.inside():
            entry_id, booking_id = db.session.execute(
                select(WaitingEntryDate.entry_id, WaitingEntryDate.booking_id).where(
                    WaitingEntryDate.status == "offered", WaitingEntryDate.schedule_id == schedule_id
                )
            ).one()
            assert booking_id is not None
            soon = datetime.now(UTC) + timedelta(milliseconds=1)
            db.session.execute(update(Booking).where(Booking.id == booking_id).values(hold_expires_at=soon))
            db.session.commit()
        arena.run(
            partial(waiting.accept, entry_id, (), VISITOR, datetime.now(UTC) - timedelta(minutes=1)),
            partial(bookings.release_ended_hold, booking_id, SYSTEM),
            partial(waiting.leave, entry_id, VISITOR),
            *[looking(schedule_id)] * 3,
        )
        arena.run(looking(schedule_id))
        found = offers(arena, schedule_id)
        assert found in (["accepted", "waiting"], ["lapsed", "offered"], ["declined", "offered"]), found
        assert counted(arena, schedule_id) == (1, 1, 1)


def test_two_clicks_on_joining_make_one_entry(arena: Arena) -> None:
    schedule_id = full(arena, 1, ())
    wanted = waiting.JoinIn((schedule_id,), 1, world.party("clicky"))
    results = arena.run(*[lambda: waiting.join(wanted, VISITOR).id] * 8)
    assert set(outcomes(results)) <= {"ok", "already_waiting"}
    assert len(offers(arena, schedule_id)) == 1
