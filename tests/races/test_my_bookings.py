"""However many press the button at once: one session of a link, one cancellation, one refund, one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Booking
from backoffice.services import user_tokens
from backoffice.services.my import changing, signing_in
from backoffice.services.my.changing import Cancelling, Moving
from tests import factories
from tests.races.arena import Arena, order, outcomes, placing

BOOKER = Actor("customer", name="Jane Doe (by link)")
TWELVE = 12


def booked(arena: Arena, number: int = 1, schedule_id: UUID | None = None) -> UUID:
    """A booking of one place, paid in cash; its id."""
    schedule_id = schedule_id or arena.make(lambda: factories.make_schedule().id)
    [placed] = arena.run(placing(order(schedule_id, number, method="cash")))
    found: UUID = placed.booking_id
    return found


def cancelling(booking_id: UUID) -> Callable[[], Any]:
    return lambda: changing.cancel(booking_id, Cancelling(seen_minor=7500), BOOKER).status


def moving(booking_id: UUID, schedule_id: UUID) -> Callable[[], Any]:
    return lambda: changing.move(booking_id, Moving(schedule_id, 7500), BOOKER).status


def same_course(arena: Arena, booking_id: UUID, **values: Any) -> UUID:
    def make() -> UUID:
        course = db.session.get_one(Booking, booking_id).schedule.course
        found: UUID = factories.make_schedule(course=course, **values).id
        return found

    found: UUID = arena.make(make)
    return found


def test_twelve_presses_cancel_once_and_give_back_once(arena: Arena) -> None:
    booking_id = booked(arena)
    assert outcomes(arena.run(*[cancelling(booking_id)] * TWELVE)) == {"ok": TWELVE}
    assert arena.sql("SELECT status, amount_minor FROM refunds") == [("approved", 7500)]
    assert arena.sql("SELECT count(*) FROM messages WHERE template = 'booking_cancelled'") == [(1,)]
    assert arena.sql("SELECT sum(seats_taken) FROM schedules") == [(0,)]


def test_without_the_turnstile_they_run_into_each_other(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the database still lets one refund through, but the others are told of a change."""
    booking_id = booked(arena)
    monkeypatch.setattr(changing, "_locked", lambda wanted: db.session.get_one(Booking, wanted))
    assert outcomes(arena.run(*[cancelling(booking_id)] * TWELVE)) != {"ok": TWELVE}
    assert arena.sql("SELECT count(*) FROM refunds") == [(1,)]


def test_one_of_many_gets_the_last_place_of_another_date(arena: Arena) -> None:
    first = booked(arena)
    schedule_id = arena.sql("SELECT schedule_id FROM bookings")[0][0]
    bookings = [first, *(booked(arena, number, schedule_id) for number in range(2, 9))]
    there = same_course(arena, first, capacity=1)
    found = outcomes(arena.run(*(moving(each, there) for each in bookings)))
    assert found == {"ok": 1, "fully_booked": len(bookings) - 1}
    assert arena.sql(f"SELECT seats_taken FROM schedules WHERE id = '{there}'") == [(1,)]
    assert arena.sql("SELECT sum(seats) FROM bookings WHERE status = 'confirmed'") == [(8,)]


def test_a_cancelled_place_is_taken_once(arena: Arena) -> None:
    """A8, from the customers' pages: one leaves a full date while others move to it."""
    leaving = booked(arena)
    full = arena.sql("SELECT schedule_id FROM bookings")[0][0]
    arena.sql(f"UPDATE schedules SET capacity = 1 WHERE id = '{full}'")
    elsewhere = same_course(arena, leaving)
    movers = [booked(arena, number, elsewhere) for number in range(2, 8)]
    results = arena.run(cancelling(leaving), *(moving(each, full) for each in movers))
    found = Counter(str(getattr(each, "code", each)) for each in results)
    assert found["cancelled"] == 1 and found["confirmed"] <= 1
    again = outcomes(arena.run(*(moving(each, full) for each in movers)))
    assert set(again) <= {"ok", "fully_booked"}
    assert arena.sql(f"SELECT seats_taken, capacity FROM schedules WHERE id = '{full}'") == [(1, 1)]


def test_a_link_opens_one_session(arena: Arena) -> None:
    token = arena_token(arena)
    found = outcomes(arena.run(*[lambda: signing_in.enter(token, BOOKER).session_id] * TWELVE))
    assert found == {"ok": 1, "dead_link": TWELVE - 1}
    assert arena.sql("SELECT count(*) FROM web_sessions") == [(1,)]


def test_without_its_guard_a_link_opens_several(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    token = arena_token(arena)
    monkeypatch.setattr(user_tokens, "use_token", user_tokens.get_user)
    found = outcomes(arena.run(*[lambda: signing_in.enter(token, BOOKER).session_id] * TWELVE))
    assert found["ok"] > 1


def arena_token(arena: Arena) -> str:
    def make() -> str:
        user = factories.make_user("customer", email="jane@x.example")
        token = user_tokens.make_token(user, "sign_in")
        db.session.commit()
        return token

    return str(arena.make(make))
