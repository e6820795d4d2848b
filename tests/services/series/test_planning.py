"""A series is looked at before anything is saved, and made as one act."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.errors import DomainError, Forbidden, Invalid, Refused
from backoffice.domain.recurrence import Rule
from backoffice.domain.times import to_local
from backoffice.models import AuditEvent, Instructor, Schedule, ScheduleSeries, Tenant, Venue
from backoffice.services import availability, schedules, series
from backoffice.services.schedules import PlanIn
from backoffice.services.series import SeriesIn
from backoffice.services.series.planning import Preview
from backoffice.work import commit_once
from tests import factories
from tests.views.admin.test_catalogue import counted

ADMIN = factories.actor()
# The first Tuesday of March in two years: no public holiday of England is near, the clock goes forward on the 28th or so.
YEAR = date.today().year + 2  # noqa: DTZ011 - a local day
TUESDAY = next(day for day in (date(YEAR, 3, 1) + timedelta(days=n) for n in range(7)) if day.weekday() == 1)
NINE, FOUR = time(9), time(16)
STATEMENTS_MAXIMUM = 9


def weeks(number: int) -> date:
    return TUESDAY + timedelta(weeks=number)


@pytest.fixture
def room(tenant: Tenant) -> Venue:
    return factories.make_venue(name="Mill Room")


@pytest.fixture
def ann(tenant: Tenant) -> Instructor:
    return factories.make_instructor(name="Ann Lee")


@pytest.fixture
def wanted(room: Venue, ann: Instructor) -> SeriesIn:
    """Four Tuesdays."""
    first = PlanIn(factories.make_course().id, room.id, [(TUESDAY, NINE, FOUR)], instructor_ids=[ann.id])
    return SeriesIn(first, Rule("weekly", TUESDAY, 4, region="ENG"))


def other_date(venue: UUID, on: date, *people: UUID, start: int = 10, end: int = 12) -> Schedule:
    course = factories.make_course(title="Fire Safety")
    plan = PlanIn(course.id, venue, [(on, time(start), time(end))], instructor_ids=people)
    return commit_once(lambda: schedules.plan(plan, ADMIN))


def keys(preview: Preview) -> list[str]:
    return [row.key for row in preview.rows if row.is_proposed]


def make(wanted: SeriesIn, chosen: list[str] | None = None, **more: UUID) -> ScheduleSeries:
    ticked = keys(series.preview(wanted)) if chosen is None else chosen
    return commit_once(lambda: series.make(wanted, ticked, ADMIN, **more))


def refusal_of(work: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        work()
    assert db.session.scalar(select(func.count()).select_from(ScheduleSeries)) == 0
    return caught.value


def count() -> int:
    return db.session.scalars(select(func.count()).select_from(Schedule)).one()


# --- Looking ---


def test_a_free_series_is_all_ticked_and_nothing_is_saved_by_looking(wanted: SeriesIn) -> None:
    found = series.preview(wanted)
    assert [row.days for row in found.rows] == [[(weeks(n), NINE, FOUR)] for n in range(4)]
    assert keys(found) == [weeks(n).isoformat() for n in range(4)]
    assert count() == 0


def test_a_clash_of_the_room_names_the_date(wanted: SeriesIn, room: Venue) -> None:
    other_date(room.id, weeks(1))
    row = series.preview(wanted).rows[1]
    assert not row.can_be_made
    assert row.clashes[0].startswith("Mill Room is taken by Fire Safety (")
    assert "10:00–12:00, a draft" in row.clashes[0]


def test_a_clash_of_a_person_names_the_date(wanted: SeriesIn, ann: Instructor) -> None:
    other_date(factories.make_venue().id, weeks(2), ann.id)
    rows = series.preview(wanted).rows
    assert [row.can_be_made for row in rows] == [True, True, False, True]
    assert rows[2].clashes[0].startswith("Ann Lee teaches Fire Safety")


def test_a_site_of_a_client_never_clashes(wanted: SeriesIn) -> None:
    site = factories.make_venue(kind="client_site")
    other_date(site.id, weeks(1))
    assert len(keys(series.preview(replace(wanted, first=replace(wanted.first, venue_id=site.id))))) == 4


def test_leave_and_hours_take_a_reason(wanted: SeriesIn, ann: Instructor) -> None:
    commit_once(lambda: availability.add_leave(ann.id, weeks(1), weeks(1), "Ill", ADMIN))
    commit_once(lambda: availability.set_hours(ann.id, {2: [(NINE, time(15))]}, ADMIN))
    rows = series.preview(wanted).rows
    assert rows[0].objections == ["The hours of Ann Lee on Tuesdays are 09:00–15:00."]
    assert rows[1].objections[0].startswith("Ann Lee is on leave on Tue")
    assert all(row.can_be_made and not row.is_proposed for row in rows)


def test_a_public_holiday_is_left_out_by_name_but_may_be_ticked(wanted: SeriesIn) -> None:
    thursday = date(2031, 12, 18)
    christmas = replace(
        wanted,
        first=replace(wanted.first, days=[(thursday, NINE, FOUR)]),
        rule=Rule("weekly", thursday, 2, region="ENG"),
    )
    rows = series.preview(christmas).rows
    assert [row.left_out for row in rows] == ["", "Christmas Day", "New Year's Day", ""]
    assert [row.is_proposed for row in rows] == [True, False, False, True]
    make(christmas, [rows[0].key, rows[1].key])
    assert count() == 2


def test_a_public_holiday_that_is_not_skipped_is_named(wanted: SeriesIn) -> None:
    thursday = date(2031, 12, 18)
    rule = Rule("weekly", thursday, 2, skips_holidays=False, region="ENG")
    rows = series.preview(SeriesIn(replace(wanted.first, days=[(thursday, NINE, FOUR)]), rule)).rows
    assert rows[1].notes == ["Thu 25 Dec 2031 is Christmas Day."]
    assert rows[1].is_proposed


def test_nine_stays_nine_when_the_clock_changes(wanted: SeriesIn) -> None:
    rows = series.preview(replace(wanted, rule=replace(wanted.rule, times=6))).rows
    assert {to_local(row.spans[0].starts_at, "Europe/London").hour for row in rows} == {9}
    assert len({row.spans[0].starts_at.hour for row in rows}) == 2
    noted = [row.notes for row in rows if row.notes]
    assert noted == [["The clock has gone forward since the date before: 09:00 stays 09:00."]]


def test_a_wall_time_that_the_clock_skips_is_a_clash(wanted: SeriesIn) -> None:
    sunday = date(2031, 3, 23)
    first = replace(wanted.first, days=[(sunday, time(1, 30), time(5))])
    rows = series.preview(SeriesIn(first, Rule("weekly", sunday, 3))).rows
    assert [row.can_be_made for row in rows] == [True, False, True]
    assert "01:30 does not exist on Sun 30 Mar 2031: the clock goes forward" in rows[1].clashes[0]


def test_dates_of_one_series_are_not_in_each_others_way(wanted: SeriesIn) -> None:
    three = [(TUESDAY + timedelta(days=n), NINE, FOUR) for n in range(3)]
    rule = replace(wanted.rule, weekdays=(3,), times=4)
    rows = series.preview(SeriesIn(replace(wanted.first, days=three), rule)).rows
    assert [row.can_be_made for row in rows] == [True, False, True, False]
    assert "of this series" in rows[1].clashes[0]
    site = factories.make_venue(kind="online")
    alone = replace(wanted.first, days=three, venue_id=site.id, instructor_ids=())
    assert all(row.can_be_made for row in series.preview(SeriesIn(alone, rule)).rows)


def test_too_many_people_for_the_instructors_take_a_reason(wanted: SeriesIn) -> None:
    rows = series.preview(replace(wanted, first=replace(wanted.first, capacity=15))).rows
    assert rows[0].objections == ["One instructor may teach 12 people: 15 places are too many."]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("capacity", {"capacity": 21}),
        ("venue_id", {"venue_id": UUID(int=1)}),
        ("course_id", {"course_id": UUID(int=1)}),
        ("instructor_ids", {"instructor_ids": [UUID(int=1)]}),
        ("days", {"days": [(TUESDAY, FOUR, NINE)]}),
    ],
)
def test_what_fits_no_date_is_said_beside_its_field(wanted: SeriesIn, field: str, change: dict) -> None:
    with pytest.raises(Invalid) as caught:
        series.preview(replace(wanted, first=replace(wanted.first, **change)))
    assert caught.value.field == field


# --- Making ---


def test_the_ticked_dates_are_made_like_the_first(wanted: SeriesIn, ann: Instructor) -> None:
    made = make(
        replace(wanted, first=replace(wanted.first, price_minor=4200, notes="Bring mats", status="published"))
    )
    dates = series.list_dates(made.id)
    assert [to_local(each.starts_at, each.time_zone).date() for each in dates] == [weeks(n) for n in range(4)]
    assert {(each.price_minor, each.notes, each.status, each.capacity) for each in dates} == {
        (4200, "Bring mats", "published", 12)
    }
    assert {duty.instructor_id for each in dates for day in each.days for duty in day.instructors} == {ann.id}
    entry = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "schedule_series:plan")).one()
    assert entry.new_values["rule"] == "Every Tuesday"


def test_only_what_is_ticked_is_made(wanted: SeriesIn) -> None:
    make(wanted, [weeks(0).isoformat(), weeks(3).isoformat()])
    assert count() == 2


def test_one_that_cannot_be_made_stops_all(wanted: SeriesIn, room: Venue) -> None:
    ticked = keys(series.preview(wanted))
    other_date(room.id, weeks(3))
    error = refusal_of(lambda: make(wanted, ticked))
    assert (error.code, error.field) == ("clash", "chosen")
    assert count() == 1


@pytest.mark.parametrize("chosen", [[], ["2020-01-01"], ["rubbish"], [weeks(0).isoformat(), "2020-01-01"]])
def test_ticks_that_are_not_in_the_grid_are_refused(wanted: SeriesIn, chosen: list[str]) -> None:
    assert refusal_of(lambda: make(wanted, chosen)).field == "chosen"


def test_an_objection_is_overridden_by_a_reason_and_kept(wanted: SeriesIn, ann: Instructor) -> None:
    commit_once(lambda: availability.add_leave(ann.id, weeks(1), weeks(1), None, ADMIN))
    ticked = [weeks(n).isoformat() for n in range(4)]
    assert refusal_of(lambda: make(wanted, ticked)).field == "override_reason"
    made = make(replace(wanted, first=replace(wanted.first, override_reason="She offered")), ticked)
    assert [each.override_reason for each in series.list_dates(made.id)] == [None, "She offered", None, None]


def test_a_form_that_is_sent_twice_makes_one_series(wanted: SeriesIn) -> None:
    online = replace(wanted.first, venue_id=factories.make_venue(kind="online").id, instructor_ids=())
    series_id = new_id()
    make(replace(wanted, first=online), series_id=series_id)
    with pytest.raises(Refused) as caught:
        make(replace(wanted, first=online), series_id=series_id)
    assert caught.value.code == "series_made"
    assert count() == 4


def test_who_may_not_plan_makes_nothing(wanted: SeriesIn) -> None:
    with pytest.raises(Forbidden):
        series.make(wanted, [weeks(0).isoformat()], factories.actor("office"))


def test_a_hundred_and_four_dates_are_the_most(wanted: SeriesIn) -> None:
    made = make(replace(wanted, rule=replace(wanted.rule, times=104)))
    assert len(series.list_dates(made.id)) == 104


def test_all_drafts_go_on_sale_together(wanted: SeriesIn) -> None:
    made = make(wanted)
    assert commit_once(lambda: series.publish_drafts(made.id, ADMIN)) == 4
    assert {each.status for each in series.list_dates(made.id)} == {"published"}
    assert commit_once(lambda: series.publish_drafts(made.id, ADMIN)) == 0


def test_each_further_date_costs_a_handful_of_statements(app: Flask, wanted: SeriesIn) -> None:
    sent = {}
    for times in (2, 12):
        room = factories.make_venue()
        plan = replace(wanted.first, venue_id=room.id, instructor_ids=[factories.make_instructor().id])
        with counted(app) as statements:
            make(SeriesIn(plan, replace(wanted.rule, times=times)))
        sent[times] = statements
    assert len(sent[12]) - len(sent[2]) <= 10 * STATEMENTS_MAXIMUM
