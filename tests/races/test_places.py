"""Abuse cases A1, A4 and D1: no thirteenth place, one booking for one key, no sixth use of a code."""

import os
from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.models import Attendee, Booking, Message, Payment, Schedule, ScheduleDay
from backoffice.services import bookings
from backoffice.services.bookings import Move
from tests import factories
from tests.races import sums
from tests.races.arena import Arena, order, outcomes, placing

# The requirement is 157 rounds; `make bench` and RACE_ROUNDS=157 run them all.
ROUNDS = int(os.environ.get("RACE_ROUNDS", "10"))

HOUR = timedelta(hours=1)


def new_date(arena: Arena, **values: object) -> UUID:
    return arena.make(lambda: factories.make_schedule(**values).id)


def sold(arena: Arena, schedule_id: UUID) -> tuple[int, int]:
    """The counter, and the places of the live bookings."""
    with arena.inside():
        counter = db.session.scalars(select(Schedule.seats_taken).where(Schedule.id == schedule_id)).one()
        places = db.session.scalar(
            select(func.count())
            .select_from(Attendee)
            .where(Attendee.schedule_id == schedule_id, Attendee.holds_place)
        )
    return counter, places or 0


def test_sixty_four_callers_get_twelve_places(arena: Arena) -> None:
    for number in range(ROUNDS):
        schedule_id = new_date(arena)
        callers = (placing(order(schedule_id, number * 64 + caller)) for caller in range(64))
        results = arena.run(*callers)
        assert outcomes(results) == {"ok": 12, "fully_booked": 52}
        assert sold(arena, schedule_id) == (12, 12)


def test_without_the_check_the_race_oversells(arena: Arena) -> None:
    arena.sql("ALTER TABLE schedules DROP CONSTRAINT ck_schedules_seats_within_capacity")
    most = 0
    for number in range(10):
        schedule_id = new_date(arena)
        arena.run(*(placing(order(schedule_id, number * 64 + caller)) for caller in range(64)))
        most = max(most, sold(arena, schedule_id)[1])
        if most > 12:
            break
    assert most > 12


def test_parties_of_different_sizes_fill_a_date_exactly_or_not_at_all(arena: Arena) -> None:
    schedule_id = new_date(arena)
    parties = [placing(order(schedule_id, number, places=1 + number % 5)) for number in range(40)]
    results = arena.run(*parties)
    assert set(outcomes(results)) == {"ok", "fully_booked"}
    counter, places = sold(arena, schedule_id)
    assert counter == places <= 12
    assert places == sum(1 + number % 5 for number, result in enumerate(results) if outcomes([result])["ok"])


@pytest.mark.parametrize("left", [1, 12])
def test_twelve_identical_posts_make_one_booking(arena: Arena, left: int) -> None:
    for number in range(ROUNDS):
        schedule_id = new_date(arena, capacity=left)
        one = order(schedule_id, number, "cash", idempotency_key=f"click-{number}")
        results = arena.run(*[placing(one)] * 12)
        assert outcomes(results) == {"ok": 12}
        assert len({placed.reference for placed in results}) == 1
        assert Counter(placed.is_repeat for placed in results) == {True: 11, False: 1}
        assert sold(arena, schedule_id) == (1, 1)
    with arena.inside():
        for model in (Booking, Payment, Message):
            assert db.session.scalar(select(func.count()).select_from(model)) == ROUNDS


def test_a_post_that_its_twin_overtakes_answers_with_the_twins_reference(arena: Arena) -> None:
    """The twin takes the last place between two statements of the other: full, but by the very same booking."""
    schedule_id = new_date(arena, capacity=1)
    one = order(schedule_id, idempotency_key="click")
    arena.overtaken("idempotency_key = ", placing(one))
    (late,) = arena.run(placing(one))
    assert outcomes([late]) == {"ok": 1} and late.is_repeat
    assert sold(arena, schedule_id) == (1, 1)


def test_a_stranger_who_is_overtaken_hears_that_it_is_full(arena: Arena) -> None:
    schedule_id = new_date(arena, capacity=1)
    arena.overtaken("idempotency_key = ", placing(order(schedule_id, 1)))
    results = arena.run(placing(order(schedule_id, 2, idempotency_key="click")))
    assert outcomes(results) == {"fully_booked": 1}


def test_without_a_key_every_post_is_a_booking(arena: Arena) -> None:
    """What the key saves from."""
    schedule_id = new_date(arena)
    results = arena.run(*[placing(order(schedule_id))] * 12)
    assert len({placed.reference for placed in results}) == 12


def test_without_the_unique_index_nothing_is_placed_with_a_key(arena: Arena) -> None:
    """The statement names the index: without it the program stops instead of booking twice."""
    arena.sql("DROP INDEX uq_bookings_idempotency_key")
    schedule_id = new_date(arena)
    with pytest.raises(Exception, match="no unique or exclusion constraint"):
        arena.run(placing(order(schedule_id, idempotency_key="once")))
    assert sold(arena, schedule_id) == (0, 0)


def test_a_code_for_five_is_used_five_times_on_eight_dates(arena: Arena) -> None:
    for number in range(ROUNDS):
        used = uses_after_a_race(arena, number)
        assert used == {"ok": 5, "code_used_up": 27}


def uses_after_a_race(arena: Arena, number: int) -> Counter[str]:
    dates = [new_date(arena) for _ in range(8)]
    code = arena.make(lambda: factories.make_code(usage_limit=5).code)
    callers = (
        placing(order(dates[caller % 8], number * 32 + caller, discount_code=code)) for caller in range(32)
    )
    return outcomes(arena.run(*callers))


def test_without_the_check_the_code_is_used_more_often(arena: Arena) -> None:
    arena.sql("ALTER TABLE discount_codes DROP CONSTRAINT ck_discount_codes_within_limit")
    assert max(uses_after_a_race(arena, number)["ok"] for number in range(3)) > 5


def test_bookings_that_move_in_opposite_directions_never_deadlock(arena: Arena) -> None:
    here, there = new_date(arena), new_date(arena)
    placed = arena.run(*(placing(order((here, there)[number % 2], number)) for number in range(12)))

    def moving(number: int, to: UUID):
        wanted = Move(to, send_mail=False)
        return lambda: bookings.move(placed[number].booking_id, wanted, factories.actor("office"))

    for step in range(ROUNDS):
        works = [moving(number, (there, here)[(number + step) % 2]) for number in range(12)]
        assert outcomes(arena.run(*works)) == {"ok": 12}
    assert sold(arena, here)[0] + sold(arena, there)[0] == 12


def test_two_who_move_the_same_booking_are_one_too_many(arena: Arena) -> None:
    here, there, elsewhere = new_date(arena), new_date(arena), new_date(arena)
    (placed,) = arena.run(placing(order(here)))

    def moving(to: UUID):
        return lambda: bookings.move(placed.booking_id, Move(to, send_mail=False), factories.actor("office"))

    results = arena.run(*[moving(there), moving(elsewhere)] * 4)
    assert set(outcomes(results)) <= {"ok", "changed", "same_date"}
    assert sum(sold(arena, date)[0] for date in (here, there, elsewhere)) == 1


def test_one_cancelled_place_is_sold_once(arena: Arena) -> None:
    schedule_id = new_date(arena)
    full = arena.run(*(placing(order(schedule_id, number)) for number in range(12)))

    def cancelling():
        return bookings.cancel(full[0].booking_id, "Ill", factories.actor("office"))

    callers = [placing(order(schedule_id, 100 + number)) for number in range(40)]
    results = arena.run(*callers[:20], cancelling, *callers[20:])
    assert outcomes(results)["ok"] in (1, 2)  # the cancelling one, and at most one of the callers
    assert sold(arena, schedule_id)[0] == 10 + outcomes(results)["ok"]


def test_an_ended_hold_is_given_back_once_or_confirmed(arena: Arena) -> None:
    schedule_id = new_date(arena)
    held = arena.run(*(placing(order(schedule_id, number)) for number in range(12)))
    arena.sql("UPDATE bookings SET hold_expires_at = now() - interval '1 minute'")
    ids = [placed.booking_id for placed in held]
    releasing = [partial(bookings.release_ended_hold, one, SYSTEM) for one in ids for _ in range(2)]
    confirming = [partial(bookings.confirm, one, factories.actor("office")) for one in ids[:6]]
    results = arena.run(*releasing, *confirming)
    assert set(outcomes(results)) <= {"ok", "changed", "status_move"}
    with arena.inside():
        states = Counter(db.session.scalars(select(Booking.status)))
    twice = [pair for pair in zip(results[0:24:2], results[1:24:2], strict=True) if pair == (True, True)]
    assert twice == []
    assert states["expired"] + states["confirmed"] == 12
    assert sold(arena, schedule_id)[0] == states["confirmed"]


def test_the_sums_are_compared_with_the_rows(arena: Arena) -> None:
    """The control of what every test here ends with."""
    arena.run(placing(order(new_date(arena))))
    arena.sql("UPDATE schedules SET seats_taken = seats_taken + 1")
    assert sums.that_differ(arena.urls.owner) == ["schedules.seats_taken"]
    with psycopg.connect(arena.urls.owner) as owner:
        assert sums.differing(owner, arena.tenant_id) == ["schedules.seats_taken"]
        assert sums.differing(owner, uuid4()) == []
    arena.sql("UPDATE schedules SET seats_taken = seats_taken - 1")


def later(schedule_id: UUID) -> None:
    """The date's only day begins and ends an hour later."""
    values = {"starts_at": ScheduleDay.starts_at + HOUR, "ends_at": ScheduleDay.ends_at + HOUR}
    db.session.execute(update(ScheduleDay).where(ScheduleDay.schedule_id == schedule_id).values(values))


def test_a_booking_on_its_way_begins_when_its_date_does(arena: Arena) -> None:
    """Neither the booking nor the change of the date sees the other before the commit."""
    schedule_id = new_date(arena)
    arena.overtaken("INSERT INTO bookings", lambda: later(schedule_id))
    assert outcomes(arena.run(placing(order(schedule_id)))) == {"ok": 1}
    with arena.inside():
        (booking,), date = db.session.scalars(select(Booking)), db.session.get_one(Schedule, schedule_id)
        assert booking.starts_at == date.starts_at
