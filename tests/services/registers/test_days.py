"""What the database holds of a register by itself, and what may still change of a date that is being taught."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.errors import Refused
from backoffice.domain.times import to_local
from backoffice.models import Attendance, RegisterEntry, ScheduleDay
from backoffice.services import schedules
from backoffice.services.schedules import rules
from backoffice.tenancy import current_tenant_id
from tests import factories
from tests.services.booked import ADMIN, done
from tests.services.registers.world import NAMES, Taught, teach

pytestmark = pytest.mark.usefixtures("tenant")

ZOE, *_ = NAMES


def reschedule(taught: Taught, *moves: int, venue_id: UUID | None = None, extra: int = 0) -> None:
    """Each day moved by so many days; `extra` more days after the last; the rest as it is."""
    schedule = taught.schedule
    people = [person.id for person in rules.instructors_of(schedule)]
    days = []
    for day, move in zip(schedule.days, moves, strict=True):
        start = to_local(day.starts_at, schedule.time_zone)
        end = to_local(day.ends_at, schedule.time_zone)
        days.append((start.date() + timedelta(days=move), start.time(), end.time()))
    last = days[-1][0]
    days += [(last + timedelta(days=number + 1), time(9), time(15)) for number in range(extra)]
    wanted_venue = venue_id or schedule.venue_id
    done(
        lambda: schedules.reschedule(schedule.id, days, wanted_venue, people, ADMIN, override_reason="A test")
    )
    db.session.expire_all()


def numbers_of(taught: Taught) -> dict[object, int]:
    rows = db.session.execute(
        select(ScheduleDay.id, ScheduleDay.day_number).where(ScheduleDay.schedule_id == taught.schedule_id)
    )
    return {row.id: row.day_number for row in rows}


def test_a_marked_day_stays_while_another_one_moves() -> None:
    taught = teach(days=2, people=1)
    first, second = taught.schedule.days
    taught.mark(taught.change(ZOE, 1, "present"))
    reschedule(taught, 0, 5)
    assert taught.row(ZOE).attendance == {1: "present"}
    assert first.id in numbers_of(taught) and second.id not in numbers_of(taught)


def test_a_marked_day_is_not_moved_away() -> None:
    taught = teach(days=2, people=1)
    taught.mark(taught.change(ZOE, 1, "present"))
    with pytest.raises(Refused) as caught:
        reschedule(taught, -3, 0)
    assert (caught.value.code, caught.value.field) == ("day_is_marked", "days")
    assert taught.row(ZOE).attendance == {1: "present"}


def test_a_day_in_front_gives_the_marked_day_another_number() -> None:
    taught = teach(days=3, people=1)
    taught.mark(taught.change(ZOE, 2, "late"))
    kept = taught.schedule.days[1].id
    reschedule(taught, -9, 0, 0, extra=1)
    assert numbers_of(taught)[kept] == 2
    reschedule(taught, 20, 0, 0, 0)  # the first becomes the last
    assert numbers_of(taught)[kept] == 1 and taught.row(ZOE).attendance == {1: "late"}
    assert sorted(numbers_of(taught).values()) == [1, 2, 3, 4]
    reschedule(taught, 0, 0, 0, -50)  # and the first again: every number goes up
    assert numbers_of(taught)[kept] == 2 and taught.row(ZOE).attendance == {2: "late"}


def test_a_taught_date_takes_another_venue() -> None:
    taught = teach(people=1)
    taught.mark(taught.change(ZOE, 1, "present"))
    venue = factories.make_venue()
    reschedule(taught, 0, venue_id=venue.id)
    assert taught.row(ZOE).attendance == {1: "present"}
    assert [day.venue_id for day in taught.schedule.days] == [venue.id]


def attend(attendee_id: object, day_id: object, status: str = "present") -> None:
    values = {"attendee_id": attendee_id, "schedule_day_id": day_id, "status": status, "id": new_id()}
    done(lambda: add_rows(Attendance, values | {"tenant_id": current_tenant_id()}))


def test_nobody_attends_a_day_of_another_date() -> None:
    taught, other = teach(people=1), teach(ago=4)
    attendee_id = taught.row(ZOE).attendee_id
    with pytest.raises(Refused) as caught:
        attend(attendee_id, other.schedule.days[0].id)
    assert caught.value.code == "other_date"
    attend(attendee_id, taught.schedule.days[0].id)


def test_nobody_attends_a_day_twice() -> None:
    taught = teach(people=1)
    attendee_id, day_id = taught.row(ZOE).attendee_id, taught.schedule.days[0].id
    attend(attendee_id, day_id)
    with pytest.raises(Refused):
        attend(attendee_id, day_id, "absent")


def test_a_word_that_does_not_exist_is_not_stored() -> None:
    taught = teach(people=1)
    attendee_id, day_id = taught.row(ZOE).attendee_id, taught.schedule.days[0].id
    with pytest.raises(Refused):
        attend(attendee_id, day_id, "asleep")
    with pytest.raises(Refused):
        done(lambda: db.session.add(RegisterEntry(attendee_id=attendee_id, outcome="excellent")))
