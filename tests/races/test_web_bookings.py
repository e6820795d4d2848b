"""Abuse cases A1 and A4 on the public site: visitors at once over two programs, each from an address of their own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice import work
from backoffice.database import db
from backoffice.models import Booking, BookingDraft, Schedule, TenantDomain
from backoffice.services.web_bookings import holding
from tests import factories
from tests.races.arena import THREADS, Arena
from tests.views.public.booking.steps import Booker

# The requirement is 157 rounds of one booking each: RACE_ROUNDS=157 runs them all.
ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))


def new_date(arena: Arena, **values: Any) -> UUID:
    """A free date: accepting the terms is the last step."""
    free = {"pricing": "free", "price_minor": None}
    return arena.make(
        lambda: factories.make_schedule(course=factories.make_course(**free), **free, **values).id
    )


def provider_of(arena: Arena) -> factories.Provider:
    with arena.inside():
        host = db.session.scalars(
            select(TenantDomain.host).where(TenantDomain.tenant_id == arena.tenant_id)
        ).one()
    return factories.Provider(arena.tenant_id, "arena", host)


def visitors(arena: Arena, schedule_id: UUID, how_many: int) -> list[Booker]:
    """Each from an address of their own, by turns at the one program and the other, with the form open."""
    provider = provider_of(arena)
    found = [
        Booker(arena.apps[number % 2], provider, schedule_id, f"198.51.{number // 250}.{number % 250 + 1}")
        for number in range(how_many)
    ]
    for each in found:
        each.visitor.kept_token()
    return found


def book_all(bookers: Sequence[Booker]) -> Counter[Any]:
    """Everybody goes the whole way; where each ended, or the refusal."""
    start = Barrier(min(THREADS, len(bookers)))

    def one(number: int) -> Any:
        if number < start.parties:
            start.wait()
        held = bookers[number].hold(email=f"v{number}@mail.example")
        if held.status_code != 303:
            return held.status_code, "fully booked" in held.get_data(as_text=True)
        return bookers[number].accept().status_code, "booked"

    with ThreadPoolExecutor(start.parties) as pool:
        return Counter(pool.map(one, range(len(bookers))))


def sold(arena: Arena, schedule_id: UUID) -> tuple[int, int, list[str]]:
    """Capacity, the counter, and how the bookings stand."""
    with arena.inside():
        date = db.session.get_one(Schedule, schedule_id)
        live = select(Booking.status).where(Booking.schedule_id == schedule_id)
        return date.capacity, date.seats_taken, sorted(db.session.scalars(live))


def test_sixty_four_visitors_get_twelve_places(arena: Arena) -> None:
    for _ in range(ROUNDS):
        schedule_id = new_date(arena)
        ends = book_all(visitors(arena, schedule_id, 64))
        assert ends == {(303, "booked"): 12, (409, True): 52}
        assert sold(arena, schedule_id) == (12, 12, ["confirmed"] * 12)


def test_without_the_check_visitors_oversell(arena: Arena) -> None:
    """The control of the test above: at the same moment, more than twelve do ask."""
    arena.sql("ALTER TABLE schedules DROP CONSTRAINT ck_schedules_seats_within_capacity")
    most = 0
    for _ in range(10):
        schedule_id = new_date(arena)
        book_all(visitors(arena, schedule_id, 48))
        most = max(most, len(sold(arena, schedule_id)[2]))
        if most > 12:
            break
    assert most > 12


def change_and_begin(arena: Arena) -> Counter[Any]:
    """One address: some change what they hold while others begin. The answers; a lost transaction is not tried again."""
    schedule_id = new_date(arena, capacity=200)
    bookers = visitors(arena, schedule_id, 16)
    for each in bookers:
        each.visitor.address = "198.51.100.1"
    for number, each in enumerate(bookers[:8]):
        assert each.hold(email=f"v{number}@mail.example").status_code == 303
    start = Barrier(len(bookers))

    def one(number: int) -> Any:
        start.wait()
        return bookers[number].hold(2, email=f"v{number}@mail.example").status_code

    with ThreadPoolExecutor(len(bookers)) as pool:
        return Counter(pool.map(one, range(len(bookers))))


def test_who_changes_and_who_begins_at_one_address_never_wait_in_a_circle(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "TRIES", 1)
    for _ in range(ROUNDS):
        assert change_and_begin(arena) == {303: 16}


def test_taking_turns_with_the_date_in_hand_they_do(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above: whoever changes has the date's row by then, and waits for their turn."""
    monkeypatch.setattr(work, "TRIES", 1)
    take_turns, check = holding._take_turns, holding._check_share

    def late(draft: BookingDraft, date: Any, places: int, customer: Any) -> None:
        take_turns(date.schedule.id, draft.address_digest.hex(), customer.email or "")
        check(draft, date, places, customer)

    monkeypatch.setattr(holding, "_take_turns", lambda *_: None)
    monkeypatch.setattr(holding, "_check_share", late)
    assert any(change_and_begin(arena)[409] for _ in range(10))


def test_one_browser_that_presses_twelve_times_on_the_last_place_has_it(arena: Arena) -> None:
    schedule_id = new_date(arena, capacity=1)
    first = visitors(arena, schedule_id, 1)[0]
    first.look()
    cookie, token = first.visitor.session_cookie(), first.visitor.kept_token()
    presses = visitors(arena, schedule_id, 0)
    for number in range(12):
        copy = Booker(arena.apps[number % 2], first.provider, schedule_id, first.visitor.address)
        copy.visitor.carry(cookie)
        copy.visitor._token = token
        presses.append(copy)
    start = Barrier(12)

    def press(booker: Booker) -> str | None:
        start.wait()
        return booker.hold().location

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(press, presses)) == {f"{first.path}/terms"}
    assert sold(arena, schedule_id) == (1, 1, ["pending"])
