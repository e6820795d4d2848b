"""Dates of a series changed together: what may change, who is told, what stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import Changed, DomainError, Forbidden, Invalid, NotFound
from backoffice.domain.recurrence import Rule
from backoffice.domain.times import say_instant, to_local
from backoffice.models import Booking, Message, Schedule, Tenant
from backoffice.services import availability, bookings, schedules, series
from backoffice.services.bookings import Order
from backoffice.services.customers import CustomerIn
from backoffice.services.schedules import PlanIn
from backoffice.services.series import ChangeIn, Proposal, SeriesIn
from backoffice.services.series.changing import Part
from backoffice.work import commit_once
from tests import factories

ADMIN = factories.actor()
YEAR = date.today().year + 2  # noqa: DTZ011 - a local day
TUESDAY = next(day for day in (date(YEAR, 3, 1) + timedelta(days=n) for n in range(7)) if day.weekday() == 1)
NINE, FOUR = time(9), time(16)


@pytest.fixture
def dates(tenant: Tenant) -> list[Schedule]:
    """Four Tuesdays on sale, taught by Ann in the Mill Room."""
    room, ann = factories.make_venue(name="Mill Room"), factories.make_instructor(name="Ann Lee")
    course = factories.make_course(title="First Aid")
    first = PlanIn(course.id, room.id, [(TUESDAY, NINE, FOUR)], instructor_ids=[ann.id], status="published")
    wanted = SeriesIn(replace(first, notes="Mats"), Rule("weekly", TUESDAY, 4))
    chosen = [row.key for row in series.preview(wanted).rows]
    made = commit_once(lambda: series.make(wanted, chosen, ADMIN))
    return series.list_dates(made.id)


def part(dates: list[Schedule], number: int = 0, scope: str = "all") -> Part:
    assert dates[0].series_id
    return Part(dates[0].series_id, dates[number].id, scope)


def change(about: Part, wanted: ChangeIn, chosen: list[str] | None = None) -> int:
    ticked = chosen or [row.key for row in series.preview_change(about, wanted) if row.can_be_made]
    return commit_once(lambda: series.apply_change(about, wanted, ticked, ADMIN))


def starts(dates: list[Schedule]) -> list[str]:
    found = series.list_dates(dates[0].series_id)  # type: ignore[arg-type]
    return [f"{to_local(each.starts_at, each.time_zone):%a %d %H:%M}" for each in found]


def days(*numbers: int, at: str = "09:00", weekday: str = "Tue") -> list[str]:
    by = {"Tue": 0, "Wed": 1, "Mon": -1}[weekday]
    return [f"{weekday} {TUESDAY + timedelta(weeks=n, days=by):%d} {at}" for n in numbers]


def book(schedule: Schedule, places: int = 2) -> Booking:
    customer = CustomerIn(first_name="Bo", last_name="Ek", email="bo@x.example")
    placed = commit_once(lambda: bookings.place(Order(schedule.id, places, customer, "cash"), ADMIN))
    return db.session.get_one(Booking, placed.booking_id)


def refusal_of(work: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        work()
    db.session.rollback()
    return caught.value


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("one", [*days(0), *days(1, at="10:00"), *days(2, 3)]),
        ("later", [*days(0), *days(1, 2, 3, at="10:00")]),
        ("all", days(0, 1, 2, 3, at="10:00")),
    ],
)
def test_one_this_and_later_or_all_get_another_time(
    dates: list[Schedule], scope: str, expected: list[str]
) -> None:
    change(part(dates, 1, scope), ChangeIn(start=time(10)))
    assert starts(dates) == expected


@pytest.mark.parametrize(("weekday", "name"), [(1, "Mon"), (3, "Wed")])
def test_every_date_moves_to_another_weekday_of_its_week(
    dates: list[Schedule], weekday: int, name: str
) -> None:
    change(part(dates), ChangeIn(weekday=weekday))
    assert starts(dates) == days(0, 1, 2, 3, weekday=name)


def test_venue_people_price_and_places_change_and_the_rest_stays(dates: list[Schedule]) -> None:
    hall, bob = factories.make_venue(name="Hall"), factories.make_instructor(name="Bob")
    wanted = ChangeIn(venue_id=hall.id, instructor_ids=[bob.id], price_minor=9900, capacity=8)
    assert change(part(dates), wanted) == 4
    after = series.list_dates(dates[0].series_id)  # type: ignore[arg-type]
    assert {(each.venue.name, each.price_minor, each.capacity, each.notes) for each in after} == {
        ("Hall", 9900, 8, "Mats")
    }
    assert {duty.instructor_id for each in after for day in each.days for duty in day.instructors} == {bob.id}
    assert starts(dates) == days(0, 1, 2, 3)


def test_a_smaller_room_and_its_smaller_capacity_go_together(dates: list[Schedule]) -> None:
    small = factories.make_venue(name="Cabin", capacity=6)
    rows = series.preview_change(part(dates), ChangeIn(venue_id=small.id))
    assert rows[0].clashes == ["Cabin takes 6 people, not 12."]
    assert change(part(dates), ChangeIn(venue_id=small.id, capacity=6)) == 4


def test_the_booker_of_a_moved_date_is_told_and_of_another_price_not(dates: list[Schedule]) -> None:
    booking = book(dates[1])
    before = db.session.scalars(select(Message.id)).all()
    change(part(dates), ChangeIn(price_minor=100))
    assert db.session.scalars(select(Message.id)).all() == before
    change(part(dates), ChangeIn(start=time(10)))
    told = db.session.scalars(select(Message).where(Message.id.not_in(before))).all()
    assert {(each.template, each.booking_id) for each in told} == {("booking_changed", booking.id)}
    db.session.refresh(booking)
    assert booking.total_minor == 2 * 7500


def test_the_grid_says_what_changes_and_who_is_told(dates: list[Schedule]) -> None:
    book(dates[1])
    rows = series.preview_change(part(dates), ChangeIn(start=time(10), price_minor=100))
    assert "09:00–16:00 → " in rows[1].notes[0]
    assert "Price: £75.00 → £1.00" in rows[1].notes
    assert "2 places are taken: the bookers are told by e-mail." in rows[1].notes
    assert not any("told" in note for note in rows[0].notes)


def test_what_is_completed_cancelled_or_begun_stays(dates: list[Schedule]) -> None:
    commit_once(lambda: schedules.cancel(dates[1].id, "Snow", ADMIN))
    rows = series.preview_change(part(dates), ChangeIn(start=time(10)))
    assert [row.fixed for row in rows] == ["", "It is cancelled and stays as it is.", "", ""]
    ticked = [row.key for row in rows]
    error = refusal_of(lambda: change(part(dates), ChangeIn(start=time(10)), ticked))
    assert error.code == "clash"
    assert starts(dates) == days(0, 1, 2, 3)


def test_fewer_places_than_are_taken_are_a_clash(dates: list[Schedule]) -> None:
    book(dates[2], 5)
    rows = series.preview_change(part(dates), ChangeIn(capacity=4))
    assert [row.can_be_made for row in rows] == [True, True, False, True]
    assert rows[2].clashes == ["5 places are taken: the capacity cannot be lower than that."]


def test_a_date_that_changes_nothing_is_left_alone(dates: list[Schedule]) -> None:
    rows = series.preview_change(part(dates), ChangeIn(start=NINE))
    assert {row.fixed for row in rows} == {"Nothing changes."}


def test_dates_do_not_stand_in_the_way_of_their_own_series(dates: list[Schedule]) -> None:
    """Longer and later on the same days: each overlaps what it was."""
    rows = series.preview_change(part(dates), ChangeIn(start=time(12), end=time(18)))
    assert all(row.can_be_made for row in rows)


def test_two_dates_of_a_series_that_would_meet_are_a_clash(dates: list[Schedule]) -> None:
    days_of_first = [(TUESDAY + timedelta(weeks=1, days=2), NINE, FOUR)]
    people = [duty.instructor_id for day in dates[0].days for duty in day.instructors]
    commit_once(lambda: schedules.reschedule(dates[0].id, days_of_first, dates[0].venue_id, people, ADMIN))
    rows = series.preview_change(part(dates), ChangeIn(weekday=3))
    assert sorted(row.can_be_made for row in rows) == [False, True, True, True]


def test_a_clash_with_another_course_is_named(dates: list[Schedule]) -> None:
    plan = PlanIn(
        dates[0].course_id, dates[0].venue_id, [(TUESDAY + timedelta(days=1), NINE, FOUR)], instructor_ids=()
    )
    commit_once(lambda: schedules.plan(plan, ADMIN))
    rows = series.preview_change(part(dates), ChangeIn(weekday=3))
    assert rows[0].clashes[0].startswith("Mill Room is taken by First Aid")
    assert [row.can_be_made for row in rows] == [False, True, True, True]


def test_a_date_that_was_changed_since_the_look_stops_all(dates: list[Schedule]) -> None:
    rows = series.preview_change(part(dates), ChangeIn(start=time(10)))
    ticked = [row.key for row in rows]
    commit_once(lambda: schedules.change_price(dates[2].id, 100, ADMIN))
    with pytest.raises(Changed):
        change(part(dates), ChangeIn(start=time(10)), ticked)
    db.session.rollback()
    assert starts(dates) == days(0, 1, 2, 3)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (ChangeIn(), None),
        (ChangeIn(capacity=0), "capacity"),
        (ChangeIn(price_minor=-1), "price_minor"),
        (ChangeIn(venue_id=UUID(int=1)), "venue_id"),
        (ChangeIn(instructor_ids=[UUID(int=1)]), "instructor_ids"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    dates: list[Schedule], wanted: ChangeIn, field: str | None
) -> None:
    with pytest.raises(Invalid) as caught:
        series.preview_change(part(dates), wanted)
    assert caught.value.field == field


def test_an_end_before_the_start_is_a_clash_of_that_date(dates: list[Schedule]) -> None:
    rows: list[Proposal] = series.preview_change(part(dates), ChangeIn(start=time(17)))
    assert "the end must be after the start" in rows[0].clashes[0]


def test_dates_of_other_series_and_series_of_nobody_are_not_found(dates: list[Schedule]) -> None:
    with pytest.raises(NotFound):
        series.preview_change(Part(UUID(int=1), dates[0].id, "all"), ChangeIn(start=time(10)))
    with pytest.raises(Invalid):
        series.preview_change(replace(part(dates), from_id=UUID(int=1)), ChangeIn(start=time(10)))
    with pytest.raises(Invalid):
        series.preview_change(replace(part(dates), scope="some"), ChangeIn(start=time(10)))


def test_who_may_not_plan_changes_nothing(dates: list[Schedule]) -> None:
    with pytest.raises(Forbidden):
        series.apply_change(part(dates), ChangeIn(start=time(10)), ["x"], factories.actor("office"))


def test_the_next_date_of_a_series_is_listed(dates: list[Schedule]) -> None:
    line = series.list_series()[0]
    assert (line.dates, line.coming) == (4, 4)
    assert line.next_at and say_instant(line.next_at, "Europe/London").endswith("09:00")


def test_leave_is_in_the_way_of_new_times_and_of_who_joins_only(dates: list[Schedule]) -> None:
    ann, bob = dates[0].days[0].instructors[0].instructor, factories.make_instructor(name="Bob")
    for person in (ann, bob):
        add_leave(person.id, TUESDAY, TUESDAY)
    rows = series.preview_change(part(dates), ChangeIn(price_minor=100))
    assert all(row.is_proposed for row in rows)
    rows = series.preview_change(part(dates), ChangeIn(instructor_ids=[bob.id]))
    assert rows[0].objections[0].startswith("Bob is on leave on")
    later = ChangeIn(start=time(10))
    rows = series.preview_change(part(dates), later)
    assert rows[0].objections[0].startswith("Ann Lee is on leave on")
    assert refusal_of(lambda: change(part(dates), later)).field == "override_reason"
    assert change(part(dates), replace(later, override_reason="She offered")) == 4
    reasons = [each.override_reason for each in series.list_dates(part(dates).series_id)]
    assert reasons == ["She offered", None, None, None]


def add_leave(person: UUID, first: date, last: date) -> None:
    commit_once(lambda: availability.add_leave(person, first, last, None, ADMIN))
