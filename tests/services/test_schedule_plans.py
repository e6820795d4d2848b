"""Planning a date: what is copied from the course, and what is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid, Refused
from backoffice.models import AuditEvent, Schedule, Tenant
from backoffice.services import courses, schedules
from backoffice.services.schedules import PlanIn
from backoffice.work import commit_once
from tests import factories

ADMIN = factories.actor()
IMPORT = Actor("import", name="An import")
SOON = date.today() + timedelta(days=20)  # noqa: DTZ011 - a local day
NINE, FOUR = time(9), time(16)


def planned(wanted: PlanIn, actor: Actor = ADMIN) -> Schedule:
    return commit_once(lambda: schedules.plan(wanted, actor))


@pytest.fixture
def wanted(tenant: Tenant) -> PlanIn:
    """A plan that nothing stands against."""
    course, venue = factories.make_course(vat_rate_bp=2000, capacity=10), factories.make_venue()
    return PlanIn(course.id, venue.id, [(SOON, NINE, FOUR)])


def refusal_of(wanted: PlanIn, actor: Actor = ADMIN) -> Invalid:
    with pytest.raises(Invalid) as caught:
        planned(wanted, actor)
    assert db.session.scalar(select(Schedule.id)) is None
    return caught.value


def test_a_date_copies_price_vat_and_capacity_from_its_course(wanted: PlanIn) -> None:
    made = planned(wanted)
    assert (made.pricing, made.price_minor, made.vat_rate_bp, made.capacity) == ("priced", 7500, 2000, 10)
    assert (made.currency, made.time_zone, made.status, made.seats_taken) == (
        "GBP",
        "Europe/London",
        "draft",
        0,
    )


def test_a_later_change_of_the_course_leaves_the_date_alone(wanted: PlanIn) -> None:
    made = planned(wanted)
    commit_once(lambda: courses.update(wanted.course_id, {"price_minor": 9900, "capacity": 4}, ADMIN))
    db.session.refresh(made)
    assert (made.price_minor, made.capacity) == (7500, 10)


def test_a_date_may_have_a_price_and_capacity_of_its_own(wanted: PlanIn) -> None:
    made = planned(replace(wanted, price_minor=5000, capacity=6, code="S1", notes="Bring forms"))
    assert (made.price_minor, made.capacity, made.code, made.notes) == (5000, 6, "S1", "Bring forms")


def test_a_free_course_has_free_dates(tenant: Tenant) -> None:
    course = factories.make_course(pricing="free", price_minor=None)
    made = planned(PlanIn(course.id, factories.make_venue().id, [(SOON, NINE, FOUR)]))
    assert (made.pricing, made.price_minor) == ("free", None)


def test_the_copied_capacity_fits_the_venue(wanted: PlanIn) -> None:
    small = factories.make_venue(capacity=7)
    assert planned(replace(wanted, venue_id=small.id)).capacity == 7


def test_days_are_local_wall_times_stored_in_utc(wanted: PlanIn) -> None:
    year = SOON.year + 1
    made = planned(replace(wanted, days=[(date(year, 7, 6), NINE, FOUR), (date(year, 1, 12), NINE, FOUR)]))
    starts = [day.starts_at.astimezone(UTC).hour for day in made.days]
    assert starts == [9, 8]
    assert (made.starts_at, made.ends_at) == (made.days[0].starts_at, made.days[1].ends_at)
    assert [day.day_number for day in made.days] == [1, 2]


def test_the_usual_instructor_of_the_course_is_copied(wanted: PlanIn) -> None:
    usual, other = factories.make_instructor(), factories.make_instructor()
    commit_once(lambda: courses.set_instructors(wanted.course_id, [other.id], usual.id, ADMIN))
    made = planned(wanted)
    assert [(duty.instructor_id, duty.duty) for duty in made.days[0].instructors] == [(usual.id, "lead")]


def test_an_archived_usual_instructor_is_not_copied(wanted: PlanIn) -> None:
    usual = factories.make_instructor(archived_at=datetime.now(UTC))
    commit_once(lambda: courses.set_instructors(wanted.course_id, [], usual.id, ADMIN))
    assert planned(wanted).days[0].instructors == []


def test_the_first_of_several_instructors_leads(wanted: PlanIn) -> None:
    people = [factories.make_instructor().id for _ in range(2)]
    made = planned(replace(wanted, instructor_ids=people[::-1]))
    duties = {duty.instructor_id: duty.duty for duty in made.days[0].instructors}
    assert duties == {people[1]: "lead", people[0]: "assistant"}


def test_nobody_yet_is_possible_although_the_course_has_a_usual_instructor(wanted: PlanIn) -> None:
    usual = factories.make_instructor()
    commit_once(lambda: courses.set_instructors(wanted.course_id, [], usual.id, ADMIN))
    assert planned(replace(wanted, instructor_ids=())).days[0].instructors == []


def test_a_time_that_the_clock_skips_is_refused(wanted: PlanIn) -> None:
    """Abuse of the spring clock change: 01:30 does not exist on the last Sunday of March in London."""
    skipped = date(2027, 3, 28)
    error = refusal_of(replace(wanted, days=[(skipped, time(1, 30), FOUR)]))
    assert error.fields["days"].startswith("01:30 does not exist on Sun 28 Mar 2027")


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([], "required"),
        ([(SOON, FOUR, NINE)], "end_before_start"),
        ([(SOON, NINE, NINE)], "end_before_start"),
        ([(SOON, NINE, FOUR), (SOON, time(15), time(18))], "days_overlap"),
        ([(SOON + timedelta(days=n), NINE, FOUR) for n in range(61)], "too_many"),
    ],
)
def test_days_that_make_no_sense_are_refused(wanted: PlanIn, days: list, code: str) -> None:
    assert refusal_of(replace(wanted, days=days)).code == code


def test_a_new_date_lies_in_the_future(wanted: PlanIn) -> None:
    past = replace(wanted, days=[(date(2026, 1, 5), NINE, FOUR)])
    assert refusal_of(past).code == "in_the_past"
    assert planned(past, IMPORT).override_reason is None


def test_a_reason_lets_an_admin_enter_a_past_date(wanted: PlanIn) -> None:
    past = replace(wanted, days=[(date(2026, 1, 5), NINE, FOUR)], override_reason="Entered late")
    assert planned(past).override_reason == "Entered late"


def test_a_reason_that_was_not_needed_is_not_kept(wanted: PlanIn) -> None:
    assert planned(replace(wanted, override_reason="Just in case")).override_reason is None


def test_an_override_needs_its_right(wanted: PlanIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from backoffice.domain import permissions

    planner = permissions.ROLES["office"] | {"schedule.edit"}
    monkeypatch.setitem(permissions.ROLES, "office", planner)
    past = replace(wanted, days=[(date(2026, 1, 5), NINE, FOUR)], override_reason="Please")
    with pytest.raises(Forbidden):
        planned(past, factories.actor("office"))


def test_planning_needs_its_right(wanted: PlanIn) -> None:
    with pytest.raises(Forbidden):
        planned(wanted, factories.actor("office"))


def test_a_date_has_no_more_places_than_its_venue(wanted: PlanIn) -> None:
    error = refusal_of(replace(wanted, capacity=21, override_reason="They can stand"))
    assert "takes 20 people" in error.fields["capacity"]


def test_more_than_twelve_learners_need_a_second_instructor(wanted: PlanIn) -> None:
    one, two = factories.make_instructor().id, factories.make_instructor().id
    crowded = replace(wanted, capacity=13, instructor_ids=[one])
    assert refusal_of(crowded).code == "too_few_instructors"
    assert planned(replace(crowded, instructor_ids=[one, two])).capacity == 13


def test_a_reason_lets_one_instructor_teach_more(wanted: PlanIn) -> None:
    made = planned(replace(wanted, capacity=13, override_reason="Two helpers come along"))
    assert made.override_reason == "Two helpers come along"


def test_the_number_of_learners_is_the_courses(tenant: Tenant) -> None:
    course = factories.make_course(learners_per_instructor=6, capacity=6)
    days = [(SOON, NINE, FOUR)]
    error = refusal_of(PlanIn(course.id, factories.make_venue().id, days, capacity=7))
    assert "may teach 6 people" in error.fields["capacity"]


@pytest.mark.parametrize("what", ["course_id", "venue_id", "instructor_ids"])
def test_what_is_archived_or_unknown_is_not_used(wanted: PlanIn, what: str) -> None:
    makers: dict[str, Any] = {
        "course_id": factories.make_course,
        "venue_id": factories.make_venue,
        "instructor_ids": factories.make_instructor,
    }
    archived, unknown = makers[what](archived_at=datetime.now(UTC)).id, new_id()
    for row_id in (archived, unknown):
        change: dict[str, Any] = {what: [row_id] if what == "instructor_ids" else row_id}
        assert what in refusal_of(replace(wanted, **change)).fields


@pytest.mark.parametrize("capacity", [0, -1, 1001, True])
def test_a_capacity_without_sense_is_refused(wanted: PlanIn, capacity: int) -> None:
    assert "capacity" in refusal_of(replace(wanted, capacity=capacity)).fields


def test_only_an_import_brings_ended_dates(wanted: PlanIn) -> None:
    assert "status" in refusal_of(replace(wanted, status="completed")).fields
    assert planned(replace(wanted, status="completed"), IMPORT).status == "completed"


def test_two_dates_have_no_code_in_common(wanted: PlanIn) -> None:
    planned(replace(wanted, code="S1"))
    later = [(SOON + timedelta(days=1), NINE, FOUR)]
    with pytest.raises(Refused) as caught:
        planned(replace(wanted, code="S1", days=later))
    assert caught.value.field == "code"


def test_the_audit_says_what_was_planned(wanted: PlanIn) -> None:
    planned(wanted)
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "schedule:plan")).one()
    assert entry.new_values["capacity"] == 10
    assert len(entry.new_values["days"]) == 1
