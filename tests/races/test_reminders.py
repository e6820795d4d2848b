"""Two schedulers look for reminders at once, and two people name one place: once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.models import Attendee, Booking, Message, Schedule
from backoffice.services import reminders
from backoffice.services.bookings import naming
from backoffice.services.reminders import RuleIn, finding
from backoffice.work import commit_once
from tests import factories
from tests.races.arena import Arena
from tests.services.booked import ADMIN, person, placed

BOOKINGS = 12
BOOKER = Actor("customer", name="Visitor")


def due_reminders(arena: Arena) -> datetime:
    """A dozen bookings whose reminder is due; the instant."""
    with arena.inside():
        schedule = factories.make_schedule(capacity=20)
        for _ in range(BOOKINGS):
            placed(db.session.get_one(Schedule, schedule.id), 1, "cash")
        starts = db.session.get_one(Schedule, schedule.id).starts_at
        early = starts - timedelta(days=31)
        commit_once(lambda: db.session.execute(update(Booking).values(booked_at=early, confirmed_at=early)))
        rule = RuleIn("The day before", "before_start", 1, 0, "reminder")
        commit_once(lambda: reminders.add_rule(rule, ADMIN))
        return starts - timedelta(days=1)


def queued(arena: Arena) -> int:
    with arena.inside():
        found = select(func.count()).where(Message.template == "reminder")
        return db.session.scalars(found).one()


def test_many_schedulers_at_once_queue_each_reminder_once(arena: Arena) -> None:
    now = due_reminders(arena)
    found = arena.run(*[lambda: reminders.queue_due(now)] * 8, threads=8)
    assert sum(found) == BOOKINGS
    assert queued(arena) == BOOKINGS


def test_without_the_key_many_schedulers_would_double(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race does happen."""
    loose = str(finding.STATEMENTS["before_start"]).replace("w.subject, ':', due.told)", "gen_random_uuid())")
    monkeypatch.setitem(finding.STATEMENTS, "before_start", text(loose))
    now = due_reminders(arena)
    arena.run(*[lambda: reminders.queue_due(now)] * 8, threads=8)
    assert queued(arena) > BOOKINGS


def nameless(arena: Arena) -> tuple[UUID, list[UUID]]:
    with arena.inside():
        booking = placed(factories.make_schedule(), 2, "cash")
        return booking.id, [each.id for each in booking.attendees]


def test_two_people_who_name_one_place_do_not_overwrite_each_other(arena: Arena) -> None:
    booking_id, places = nameless(arena)
    names = [person(f"Name{number} Given") for number in range(6)]
    results = arena.run(
        *[lambda who=who: len(naming.give_names(booking_id, {places[0]: who}, BOOKER)) for who in names],
        threads=6,
    )
    assert sorted(map(str, filter(lambda each: each == 1, results))) == ["1"]
    assert sum(isinstance(each, Invalid) for each in results) == 5
    with arena.inside():
        assert db.session.get_one(Attendee, places[0]).name in [f"Name{number} Given" for number in range(6)]
        assert db.session.get_one(Booking, booking_id).unnamed_places == 1


def test_two_people_may_name_two_places_at_once(arena: Arena) -> None:
    booking_id, places = nameless(arena)
    results = arena.run(
        *[
            lambda place=place: len(naming.give_names(booking_id, {place: person("Bo Diddley")}, BOOKER))
            for place in places
        ],
        threads=2,
    )
    assert results == [1, 1]
