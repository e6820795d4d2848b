"""Hours and leave: written down, read, and in the way of a plan until somebody says why not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Changed, Forbidden, Invalid, NotFound, Refused
from backoffice.models import AuditEvent, Instructor, InstructorLeave, Schedule, Tenant, WorkingHours
from backoffice.services import availability, schedules
from backoffice.services.schedules import PlanIn
from backoffice.work import commit_once
from tests import factories
from tests.servers import DatabaseUrls

ADMIN = factories.actor()
SOON = date.today() + timedelta(days=20)  # noqa: DTZ011 - a local day
NINE, FIVE = time(9), time(17)
WEEKDAY = SOON.isoweekday()


@pytest.fixture
def ann(tenant: Tenant) -> Instructor:
    return factories.make_instructor(name="Ann Lee")


def plan_for(*people: UUID, on: date = SOON) -> PlanIn:
    days = [(on, time(10), time(16))]
    return PlanIn(factories.make_course().id, factories.make_venue().id, days, instructor_ids=people)


def planned(wanted: PlanIn, actor: Actor = ADMIN) -> Schedule:
    return commit_once(lambda: schedules.plan(wanted, actor))


def refusal_of(wanted: PlanIn) -> Invalid:
    with pytest.raises(Invalid) as caught:
        planned(wanted)
    return caught.value


def set_hours(person: Instructor, week: dict[int, list[tuple[time, time]]]) -> None:
    commit_once(lambda: availability.set_hours(person.id, week, ADMIN))


def add_leave(
    person: Instructor, first: date = SOON, last: date = SOON, why: str | None = None
) -> InstructorLeave:
    return commit_once(lambda: availability.add_leave(person.id, first, last, why, ADMIN))


# --- Writing down ---


def test_a_week_is_replaced_as_a_whole_and_hours_that_touch_become_one(ann: Instructor) -> None:
    set_hours(ann, {1: [(NINE, FIVE)], 2: [(NINE, time(12)), (time(12), FIVE)]})
    assert availability.get_hours(ann.id) == {1: [(NINE, FIVE)], 2: [(NINE, FIVE)]}
    set_hours(ann, {3: [(NINE, FIVE)]})
    assert availability.get_hours(ann.id) == {3: [(NINE, FIVE)]}
    set_hours(ann, {})
    assert db.session.scalar(select(WorkingHours.id)) is None


def test_two_who_change_the_same_week_are_told(ann: Instructor) -> None:
    set_hours(ann, {1: [(NINE, FIVE)]})
    with pytest.raises(Changed):
        availability.set_hours(ann.id, {2: [(NINE, FIVE)]}, ADMIN, seen={})
    availability.set_hours(ann.id, {2: [(NINE, FIVE)]}, ADMIN, seen={1: [(NINE, FIVE)]})


def test_why_somebody_is_away_is_sealed_and_not_in_the_audit(
    ann: Instructor, database_urls: DatabaseUrls
) -> None:
    add_leave(ann, why="A new hip")
    with psycopg.connect(database_urls.owner) as owner:
        stored = owner.execute("SELECT reason_sealed FROM instructor_leave").fetchall()
    assert "hip" not in str(stored)
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "instructor:add_leave")).one()
    assert "hip" not in str(entry.new_values)
    assert db.session.scalars(select(InstructorLeave)).one().reason == "A new hip"


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (SOON, SOON - timedelta(days=1), "ends_on"),
        (SOON, SOON + timedelta(days=800), "ends_on"),
        (date(1800, 1, 1), date(1800, 1, 2), "starts_on"),
    ],
)
def test_leave_that_makes_no_sense_is_refused(ann: Instructor, first: date, last: date, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        availability.add_leave(ann.id, first, last, None, ADMIN)
    assert caught.value.field == field


def test_the_same_day_is_not_leave_twice(ann: Instructor) -> None:
    add_leave(ann, SOON, SOON + timedelta(days=4))
    with pytest.raises(Refused) as caught:
        add_leave(ann, SOON + timedelta(days=4), SOON + timedelta(days=9))
    assert (caught.value.code, caught.value.field) == ("leave_overlaps", "starts_on")
    add_leave(ann, SOON + timedelta(days=5), SOON + timedelta(days=9))
    add_leave(factories.make_instructor(), SOON, SOON)


def test_leave_that_is_taken_back_is_gone(ann: Instructor) -> None:
    leave = add_leave(ann)
    assert commit_once(lambda: availability.end_leave(leave.id, ADMIN)) == ann.id
    assert availability.list_leave(ann.id, SOON) == []
    with pytest.raises(NotFound):
        availability.end_leave(UUID(int=1), ADMIN)


def test_only_who_plans_writes_hours_and_leave(ann: Instructor) -> None:
    office = factories.actor("office")
    leave = add_leave(ann)
    with pytest.raises(Forbidden):
        availability.set_hours(ann.id, {}, office)
    with pytest.raises(Forbidden):
        availability.add_leave(ann.id, SOON, SOON, None, office)
    with pytest.raises(Forbidden):
        availability.end_leave(leave.id, office)


# --- Planning against them ---


def test_nobody_on_leave_is_planned_without_a_reason(ann: Instructor) -> None:
    add_leave(ann, SOON - timedelta(days=2), SOON + timedelta(days=2))
    error = refusal_of(plan_for(ann.id))
    assert (error.code, error.field) == ("on_leave", "instructor_ids")
    assert error.message.startswith("Ann Lee is on leave from ")
    made = planned(replace(plan_for(ann.id), override_reason="She offered"))
    assert made.override_reason == "She offered"


def test_without_the_leave_the_same_plan_is_made(ann: Instructor) -> None:
    """The control: it is the leave that refuses."""
    add_leave(ann, SOON + timedelta(days=1), SOON + timedelta(days=2))
    assert planned(plan_for(ann.id)).override_reason is None


def test_nobody_is_planned_outside_their_hours_without_a_reason(ann: Instructor) -> None:
    set_hours(ann, {WEEKDAY: [(NINE, time(12)), (time(13), FIVE)]})
    error = refusal_of(plan_for(ann.id))
    assert error.code == "outside_hours"
    assert "09:00–12:00, 13:00–17:00" in error.message
    set_hours(ann, {WEEKDAY: [(NINE, FIVE)]})
    planned(plan_for(ann.id))


def test_a_weekday_without_hours_is_said(ann: Instructor) -> None:
    set_hours(ann, {WEEKDAY % 7 + 1: [(NINE, FIVE)]})
    assert "Ann Lee does not teach on " in refusal_of(plan_for(ann.id)).message


def test_whoever_has_no_hours_teaches_at_any_time(ann: Instructor) -> None:
    planned(plan_for(ann.id))


def test_hours_are_wall_time_in_summer_and_winter(ann: Instructor) -> None:
    sundays = {7: [(time(10), time(16))]}
    set_hours(ann, sundays)
    for day in (date(SOON.year + 1, 1, 1), date(SOON.year + 1, 7, 1)):
        sunday = day + timedelta(days=(6 - day.weekday()) % 7)
        planned(plan_for(ann.id, on=sunday))


def test_an_import_brings_what_was_agreed_elsewhere(ann: Instructor) -> None:
    add_leave(ann)
    planned(plan_for(ann.id), Actor("import", name="An import"))


def test_a_reason_takes_the_right_to_override(ann: Instructor) -> None:
    add_leave(ann)
    with pytest.raises(Forbidden):
        planned(replace(plan_for(ann.id), override_reason="Because"), factories.actor("office"))


# --- Changing a date ---


def moved(made: Schedule, on: date, people: Sequence[UUID], reason: str | None = None) -> Schedule:
    days = [(on, time(10), time(16))]
    return commit_once(
        lambda: schedules.reschedule(made.id, days, made.venue_id, people, ADMIN, override_reason=reason)
    )


def test_a_date_is_not_moved_into_leave_without_a_reason(ann: Instructor) -> None:
    made = planned(plan_for(ann.id))
    week_later = SOON + timedelta(weeks=1)
    add_leave(ann, week_later, week_later)
    with pytest.raises(Invalid):
        moved(made, week_later, [ann.id])
    assert moved(made, week_later, [ann.id], "She comes back for it").override_reason


def test_somebody_on_leave_does_not_join_without_a_reason(ann: Instructor) -> None:
    bob = factories.make_instructor(name="Bob")
    made = planned(plan_for(ann.id))
    add_leave(bob)
    with pytest.raises(Invalid) as caught:
        moved(made, SOON, [ann.id, bob.id])
    assert caught.value.message.startswith("Bob is on leave")


def test_leave_written_down_later_does_not_hold_up_other_changes(ann: Instructor) -> None:
    made = planned(plan_for(ann.id))
    add_leave(ann)
    other = factories.make_venue()
    days = [(SOON, time(10), time(16))]
    commit_once(lambda: schedules.reschedule(made.id, days, other.id, [ann.id], ADMIN))
