"""Two people with one register open: one of them is told, nothing is lost, and nothing is marked behind a completed date."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import SYSTEM
from backoffice.domain.errors import DomainError
from backoffice.models import Attendance, Attendee, AuditEvent, Booking, RegisterEntry, Schedule
from backoffice.services import bookings, registers
from backoffice.services.registers import Change, Marked, marking
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests.races.arena import Arena
from tests.services.registers.world import Taught, book, teach

ROUNDS = int(os.environ.get("RACE_ROUNDS", "10"))
DAYS_AGO = iter(range(1, 5000))


def new_date(arena: Arena, people: int) -> tuple[Taught, list[UUID]]:
    def make() -> tuple[Taught, list[UUID]]:
        taught = teach(ago=next(DAYS_AGO))
        for number in range(people):
            book(taught, f"Person {number}")
        return taught, [row.attendee_id for row in taught.rows().values()]

    return arena.make(make)


def marking_one(taught: Taught, attendee_id: UUID, status: str, seen: int = 0, **values: Any) -> Any:
    change = Change(attendee_id, seen, {1: status}, **values)
    return lambda: registers.mark(taught.schedule_id, [change], SYSTEM, taught.over_at)


def told(results: list[Any]) -> Counter[str]:
    """How many marks were saved, met a conflict, or found their value there."""

    def word(result: Any) -> str:
        if isinstance(result, DomainError):
            return result.code
        return "saved" if result.saved else "conflict" if result.conflicts else "same"

    return Counter(word(result) for result in results)


def test_of_two_who_mark_the_same_person_one_is_told(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, (person, *_) = new_date(arena, 1)
        results = arena.run(*(marking_one(taught, person, word) for word in ("present", "absent")))
        assert told(results) == {"saved": 1, "conflict": 1}
        (loser,) = [result for result in results if result.conflicts]
        with arena.inside():
            stored = db.session.scalars(
                select(Attendance.status).where(Attendance.attendee_id == person)
            ).one()
            version = db.session.scalars(
                select(RegisterEntry.version).where(RegisterEntry.attendee_id == person)
            ).one()
        assert (loser.conflicts[0].stored.attendance, version) == ({1: stored}, 1)


def test_without_the_lock_both_believe_to_be_right(arena: Arena, monkeypatch: Any) -> None:
    """The control: with nobody waiting for the date's row several save over each other, and none of them is told."""
    unlocked = lambda schedule_id, actor: db.session.get_one(Schedule, schedule_id)  # noqa: E731
    rounds = saved = 0
    while rounds == saved and rounds < 30:
        taught, (person, *_) = new_date(arena, 1)
        arena.run(marking_one(taught, person, "late"))
        with monkeypatch.context() as without:
            without.setattr(marking, "hold_date", unlocked)
            words = ("present", "absent", "left_early") * 3
            results = arena.run(*(marking_one(taught, person, word, 1) for word in words))
        rounds, saved = rounds + 1, saved + told(results)["saved"]
    assert saved > rounds


def test_eight_who_send_the_same_marks_save_them_once(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, people = new_date(arena, 4)
        changes = [Change(person, 0, {1: "present"}, "passed") for person in people]
        send = partial(registers.mark, taught.schedule_id, changes, SYSTEM, taught.over_at)
        results: list[Marked] = arena.run(*[send] * 8)
        assert Counter(result.saved for result in results) == {4: 1, 0: 7}
        assert not any(result.conflicts for result in results)
        with arena.inside():
            ids = [row.booking_id for row in taught.rows().values()]
            marked = AuditEvent.action == "booking:mark", AuditEvent.subject_id.in_(ids)
            assert db.session.scalar(select(func.count()).where(*marked)) == 4


def test_everybody_marks_somebody_and_nobody_is_lost(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, people = new_date(arena, 8)
        results = arena.run(*(marking_one(taught, person, "late") for person in people))
        assert told(results) == {"saved": 8}
        with arena.inside():
            assert [row.attendance for row in taught.rows().values()] == [{1: "late"}] * 8


def test_completing_while_marking_leaves_bookings_that_agree_with_the_register(arena: Arena) -> None:
    """Whoever comes second corrects: the booking is what the last mark says, in either order."""
    for _ in range(ROUNDS):
        taught, (person, other) = new_date(arena, 2)
        complete = partial(registers.complete, taught.schedule_id, SYSTEM, taught.over_at, unmarked="absent")
        mark = marking_one(taught, person, "present")
        results = arena.run(complete, mark, marking_one(taught, other, "late", 0))
        with arena.inside():
            assert db.session.get_one(Schedule, taught.schedule_id).status == "completed"
            for row in taught.rows().values():
                booking = db.session.get_one(Booking, row.booking_id)
                expected = "no_show" if row.attendance == {1: "absent"} else "completed"
                assert booking.status == expected, told(results[1:])


def test_eight_who_complete_at_once_do_it_once(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, _ = new_date(arena, 2)
        complete = partial(registers.complete, taught.schedule_id, SYSTEM, taught.over_at, unmarked="absent")
        results = arena.run(*[complete] * 8)
        refused = [result.code for result in results if isinstance(result, DomainError)]
        assert refused == ["status_move"] * 7
        with arena.inside():
            done = AuditEvent.action == "schedule:complete", AuditEvent.subject_id == taught.schedule_id
            assert db.session.scalar(select(func.count()).where(*done)) == 1


def test_a_booking_cancelled_while_the_date_is_completed_is_one_or_the_other(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, (person, _) = new_date(arena, 2)
        with arena.inside():
            booking_id = next(row.booking_id for row in taught.rows().values() if row.attendee_id == person)
        cancel = partial(bookings.cancel, booking_id, "Ill", SYSTEM, send_mail=False)
        complete = partial(registers.complete, taught.schedule_id, SYSTEM, taught.over_at, unmarked="absent")
        arena.run(cancel, complete)
        with arena.inside():
            status = db.session.get_one(Booking, booking_id).status
            assert db.session.get_one(Schedule, taught.schedule_id).status == "completed"
            assert status in ("cancelled", "no_show")


def test_a_late_telephone_does_not_mark_who_was_substituted_meanwhile(arena: Arena) -> None:
    for _ in range(ROUNDS):
        taught, (person, *_) = new_date(arena, 1)
        give = partial(registers.substitute, person, "Ngozi", "Ade", None, SYSTEM, now=taught.over_at)
        arena.run(marking_one(taught, person, "present"), give)
        with arena.inside():
            (row,) = taught.rows().values()
            assert (row.name, row.attendance) == ("Ngozi Ade", {})


@pytest.mark.parametrize("work", ["substitute", "approve"])
def test_whoever_is_cancelled_meanwhile_is_not_on_the_register(arena: Arena, work: str) -> None:
    taught, (person, _) = new_date(arena, 2)
    ways: dict[str, Callable[[], Any]] = {
        "substitute": partial(registers.substitute, person, "Ngozi", "Ade", None, SYSTEM, now=taught.over_at),
        "approve": partial(registers.approve, person, "Ill", SYSTEM),
    }

    def late() -> str:
        with arena.apps[1].app_context(), tenant_scope(arena.tenant_id):
            try:
                commit_once(ways[work])
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()
        return "done"

    with arena.apps[0].app_context(), tenant_scope(arena.tenant_id), ThreadPoolExecutor(1) as pool:
        booking_id = db.session.get_one(Attendee, person).booking_id
        bookings.cancel(booking_id, "Ill", SYSTEM, send_mail=False)
        waiting = pool.submit(late)
        time.sleep(0.5)
        db.session.commit()
        assert waiting.result(timeout=20) == "not_found"
        db.session.remove()
