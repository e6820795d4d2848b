"""Two people plan the same room, or change the same series, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, time, timedelta
from functools import partial
from threading import Barrier
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from backoffice.database import db, new_id
from backoffice.domain.errors import DomainError
from backoffice.domain.recurrence import Rule
from backoffice.models import InstructorLeave, Schedule, ScheduleSeries
from backoffice.services import availability, schedules, series
from backoffice.services.schedules import PlanIn
from backoffice.services.series import ChangeIn, SeriesIn
from backoffice.services.series.changing import Part
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories

ADMIN = factories.actor()
SOON = date.today() + timedelta(days=20)  # noqa: DTZ011 - a local day
NINE, FOUR = time(9), time(16)
DATES = 6


def race(app: Flask, tenant_id: UUID, works: list[Callable[[], object]]) -> list[str]:
    """Run them at the same moment, each on a connection of its own: the codes of what came, sorted."""
    start = Barrier(len(works))

    def one(work: Callable[[], object]) -> str:
        with app.app_context(), tenant_scope(tenant_id):
            start.wait(timeout=20)
            try:
                commit_once(work)
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(len(works)) as threads:
        return sorted(threads.map(one, works))


def series_for(venue: UUID, *people: UUID, kind: str = "weekly") -> SeriesIn:
    first = PlanIn(factories.make_course().id, venue, [(SOON, NINE, FOUR)], instructor_ids=people)
    return SeriesIn(first, Rule(kind, SOON, DATES, skips_holidays=False))


def chosen_of(wanted: SeriesIn) -> list[str]:
    return [row.key for row in series.preview(wanted).rows]


def making(wanted: SeriesIn, chosen: list[str]) -> Callable[[], object]:
    return lambda: series.make(wanted, chosen, ADMIN)


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def test_of_two_series_for_one_room_at_once_one_is_made_whole(
    app: Flask, provider: factories.Provider
) -> None:
    for _ in range(3):
        with app.app_context(), tenant_scope(provider.id):
            room = factories.make_venue().id
            plans = [series_for(room), series_for(room)]
            chosen = chosen_of(plans[0])
            before = count(Schedule)
            db.session.remove()
        came = race(app, provider.id, [making(each, chosen) for each in plans])
        assert came in (["clash", "done"], ["done", "venue_busy"])
        with app.app_context(), tenant_scope(provider.id):
            assert count(Schedule) == before + DATES


def test_a_series_and_a_single_date_for_one_person_never_both(
    app: Flask, provider: factories.Provider
) -> None:
    with app.app_context(), tenant_scope(provider.id):
        person = factories.make_instructor().id
        wanted = series_for(factories.make_venue().id, person)
        chosen = chosen_of(wanted)
        on = SOON + timedelta(weeks=2)
        single = PlanIn(
            factories.make_course().id, factories.make_venue().id, [(on, NINE, FOUR)], instructor_ids=[person]
        )
        db.session.remove()
    came = race(
        app,
        provider.id,
        [lambda: series.make(wanted, chosen, ADMIN), lambda: schedules.plan(single, ADMIN)],
    )
    assert came[1] == "done" or came[0] == "done"
    assert came.count("done") == 1
    with app.app_context(), tenant_scope(provider.id):
        assert count(Schedule) in (1, DATES)


def test_a_form_sent_eight_times_at_once_makes_one_series(app: Flask, provider: factories.Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        wanted = series_for(factories.make_venue(kind="online").id)
        chosen, series_id = chosen_of(wanted), new_id()
        db.session.remove()
    came = race(
        app, provider.id, [lambda: series.make(wanted, chosen, ADMIN, series_id=series_id) for _ in range(8)]
    )
    assert came == ["done"] + ["series_made"] * 7
    with app.app_context(), tenant_scope(provider.id):
        assert (count(ScheduleSeries), count(Schedule)) == (1, DATES)


def test_without_the_id_of_the_form_it_makes_eight(app: Flask, provider: factories.Provider) -> None:
    """The control: it is the id that the form was opened with."""
    with app.app_context(), tenant_scope(provider.id):
        wanted = series_for(factories.make_venue(kind="online").id)
        chosen = chosen_of(wanted)
        db.session.remove()
    came = race(app, provider.id, [lambda: series.make(wanted, chosen, ADMIN) for _ in range(4)])
    assert came == ["done"] * 4
    with app.app_context(), tenant_scope(provider.id):
        assert count(Schedule) == 4 * DATES


def test_of_two_changes_of_one_series_at_once_one_is_told(app: Flask, provider: factories.Provider) -> None:
    with app.app_context(), tenant_scope(provider.id):
        wanted = series_for(factories.make_venue().id)
        chosen = chosen_of(wanted)
        made = commit_once(lambda: series.make(wanted, chosen, ADMIN))
        dates = series.list_dates(made.id)
        part = Part(made.id, dates[0].id, "all")
        changes = [ChangeIn(start=time(10)), ChangeIn(end=time(18))]
        keys = [row.key for row in series.preview_change(part, changes[0])]
        db.session.remove()
    came = race(
        app,
        provider.id,
        [partial(series.apply_change, part, each, keys, ADMIN) for each in changes],
    )
    assert came == ["changed", "done"]
    with app.app_context(), tenant_scope(provider.id):
        spans = {(each.starts_at.hour, each.ends_at.hour) for each in series.list_dates(part.series_id)}
        assert len({end - start for start, end in spans}) == 1


def plan_while(
    app: Flask, provider: factories.Provider, write: Callable[[UUID], object], seconds: float = 1.5
) -> str:
    """Plan somebody while what `write` did about them is not committed yet: the code of what came of the plan.

    The commit comes after so many seconds, or once the plan is through.
    """
    with app.app_context(), tenant_scope(provider.id):
        person, venue = factories.make_instructor().id, factories.make_venue().id
        plan = PlanIn(factories.make_course().id, venue, [(SOON, NINE, FOUR)], instructor_ids=[person])
        db.session.remove()
        with ThreadPoolExecutor(1) as threads:
            write(person)
            planned = threads.submit(race, app, provider.id, [lambda: schedules.plan(plan, ADMIN)])
            wait([planned], timeout=seconds)
            db.session.commit()
            return planned.result()[0]


def test_a_plan_waits_for_leave_that_is_being_written_down(app: Flask, provider: factories.Provider) -> None:
    came = plan_while(app, provider, lambda who: availability.add_leave(who, SOON, SOON, None, ADMIN))
    assert came == "on_leave"


def test_without_the_lock_the_plan_does_not_see_the_leave(app: Flask, provider: factories.Provider) -> None:
    """The control: it is the lock on the instructor that makes the two come one after the other."""

    def write(who: UUID) -> None:
        db.session.add(InstructorLeave(instructor_id=who, starts_on=SOON, ends_on=SOON))
        db.session.flush()

    assert plan_while(app, provider, write, seconds=20) == "done"
