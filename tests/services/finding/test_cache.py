"""Lists are remembered, dropped when what they show changes, and never trusted for places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import make_dataclass
from datetime import UTC, datetime

import pytest
from flask import current_app
from sqlalchemy import update

from backoffice.database import db, new_id
from backoffice.models import Course, Schedule, Tenant, Venue
from backoffice.services import courses as course_service
from backoffice.services import schedules
from backoffice.services.finding import cache, courses, dates, months, on_sale
from backoffice.services.finding.filters import Filters
from backoffice.services.imports.kind import insert_all
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.services.booked import placed
from tests.views.desk.counting import statements

NOW = datetime.now(UTC)
ADMIN = factories.actor()


def titles() -> list[str]:
    return [each.title for each in courses.list_courses(Filters(), "GBP", NOW).cards]


def test_a_list_is_read_once_and_then_remembered(tenant: Tenant) -> None:
    factories.make_schedule()
    with statements() as first:
        before = titles()
    with statements() as again:
        assert titles() == before
    assert len(again) == 1 and "seats_taken" in again[0], "only the places are asked for"
    assert len(first) > 1


def _rename(course: Course) -> None:
    commit_once(lambda: course_service.update(course.id, {"title": "Changed"}, ADMIN))


def _by_statement(course: Course) -> None:
    db.session.execute(update(Course).where(Course.id == course.id).values(title="Changed"))
    db.session.commit()


def _archive(course: Course) -> None:
    commit_once(lambda: course_service.archive(course.id, ADMIN))


@pytest.mark.parametrize("change", [_rename, _by_statement, _archive])
def test_a_changed_course_is_seen_at_once(tenant: Tenant, change: Callable[[Course], None]) -> None:
    course = factories.make_course(title="Before")
    assert titles() == ["Before"]
    change(course)
    assert "Before" not in titles()


def test_without_the_drop_a_changed_course_would_not_be_seen(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the tests around it."""
    monkeypatch.setattr(cache, "forget", lambda tenant_id: None)
    course = factories.make_course(title="Before")
    assert titles() == ["Before"]
    _rename(course)
    assert titles() == ["Before"]


def test_a_new_date_a_price_a_venue_and_a_call_off_are_seen_at_once(tenant: Tenant) -> None:
    course = factories.make_course()
    assert courses.list_courses(Filters(), "GBP", NOW).cards[0].date_count == 0
    date = factories.make_schedule(course=course, price_minor=7500)
    assert courses.list_courses(Filters(), "GBP", NOW).cards[0].date_count == 1
    date.price_minor = 8000
    db.session.commit()
    assert dates.list_dates(Filters(), NOW).dates[0].price_minor == 8000
    db.session.get_one(Venue, date.venue_id).name = "New Hall"
    db.session.commit()
    assert dates.list_dates(Filters(), NOW).dates[0].venue == "New Hall"
    commit_once(lambda: schedules.cancel(date.id, "Snow", ADMIN))
    assert dates.list_dates(Filters(), NOW).count == 0


def test_dates_of_an_import_are_seen_at_once(tenant: Tenant) -> None:
    date = factories.make_schedule()
    assert dates.list_dates(Filters(), NOW).count == 1
    row = {
        name: getattr(date, name) for name in ("course_id", "venue_id", "starts_at", "ends_at", "time_zone")
    }
    row |= {"id": new_id(), "tenant_id": tenant.id, "status": "published", "capacity": 3, "currency": "GBP"}
    insert_all(Schedule, [row | {"price_minor": 100}])
    db.session.commit()
    assert dates.list_dates(Filters(), NOW).count == 2


def test_what_is_rolled_back_drops_nothing(tenant: Tenant) -> None:
    course = factories.make_course(title="Before")
    mark = current_app.extensions["catalogue_shelf"].mark(tenant.id)
    course.title = "Never"
    db.session.flush()
    db.session.rollback()
    db.session.commit()
    assert current_app.extensions["catalogue_shelf"].mark(tenant.id) == mark


def test_what_a_savepoint_changed_is_dropped_after_the_commit_and_not_before(tenant: Tenant) -> None:
    """An import writes in one: until its commit nobody sees it, and a list that is read meanwhile is an old one."""
    course = factories.make_course(title="Before")
    mark = current_app.extensions["catalogue_shelf"].mark(tenant.id)
    with db.session.begin_nested():
        db.session.execute(update(Course).where(Course.id == course.id).values(title="Changed"))
    assert current_app.extensions["catalogue_shelf"].mark(tenant.id) == mark
    db.session.commit()
    assert current_app.extensions["catalogue_shelf"].mark(tenant.id) != mark


def test_a_savepoint_that_is_undone_takes_no_other_change_along(tenant: Tenant) -> None:
    course = factories.make_course(title="Before")
    assert titles() == ["Before"]
    course.title = "Changed"
    db.session.flush()
    db.session.begin_nested().rollback()
    db.session.commit()
    assert titles() == ["Changed"]


def test_a_list_of_another_release_is_not_read(tenant: Tenant) -> None:
    """Both releases run for a moment, and what the old one has kept has other fields."""
    old = make_dataclass("Page", [("count", int)], frozen=True)
    new = make_dataclass("Page", [("count", int), ("title", str)], frozen=True)
    assert cache.remembered("page", old, lambda: old(1)) == old(1)
    assert cache.remembered("page", new, lambda: new(1, "A")) == new(1, "A")
    assert cache.remembered("page", old, lambda: old(2)) == old(1), "the control: one release reads its own"


def test_a_booking_drops_no_list_and_yet_its_places_show(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    date = factories.make_schedule(capacity=3)
    assert dates.list_dates(Filters(), NOW).dates[0].seats_left == 3
    mark = current_app.extensions["catalogue_shelf"].mark(tenant.id)
    placed(date, 3)
    assert current_app.extensions["catalogue_shelf"].mark(tenant.id) == mark
    assert dates.list_dates(Filters(), NOW).dates[0].is_full


def test_remembered_places_would_promise_what_is_gone(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a list that is believed shows three places on a full date."""
    date = factories.make_schedule(capacity=3)
    dates.list_dates(Filters(), NOW)
    placed(date, 3)
    monkeypatch.setattr(on_sale, "with_places", lambda known, now: list(known))
    assert dates.list_dates(Filters(), NOW).dates[0].seats_left == 3


def test_a_list_read_before_a_change_is_not_kept_after_it(tenant: Tenant) -> None:
    """The reader's answer comes late: it read, somebody changed and committed, then it puts its list away."""
    course = factories.make_course(title="Before")

    def slowly() -> courses.CardPage:
        old = courses._build(Filters(), "GBP", NOW, 1)
        _rename(course)
        return old

    cache.remembered(f"courses/{Filters()}/1", courses.CardPage, slowly)
    assert titles() == ["Changed"]


def test_each_provider_has_lists_of_its_own(tenant: Tenant) -> None:
    factories.make_course(title="Ours")
    assert titles() == ["Ours"]
    db.session.remove()
    other = factories.make_provider()
    with tenant_scope(other.id):
        assert titles() == []
        db.session.remove()


def test_without_valkey_the_lists_are_read_each_time(tenant: Tenant) -> None:
    factories.make_course(title="Ours")
    here = current_app.extensions["catalogue_shelf"]
    current_app.extensions["catalogue_shelf"] = cache.Shelf("redis://127.0.0.1:1")
    try:
        assert titles() == ["Ours"]
        db.session.scalars(db.select(Course)).one().title = "Changed"
        db.session.commit()
        assert titles() == ["Changed"]
    finally:
        current_app.extensions["catalogue_shelf"] = here


def test_what_was_begun_meanwhile_leaves_a_remembered_list(tenant: Tenant) -> None:
    date = factories.make_schedule()
    assert len(dates.list_dates(Filters(), NOW).dates) == 1
    assert dates.list_dates(Filters(), date.starts_at).dates == ()


def test_nobody_fills_the_memory_with_searches_or_names(tenant: Tenant) -> None:
    factories.make_schedule(course=factories.make_course(title="First Aid"))
    shelf = current_app.extensions["catalogue_shelf"]
    month = NOW.date().replace(day=1)
    shelf.mark(tenant.id)
    before = shelf.ask(lambda redis: redis.dbsize())
    for number in range(5):
        courses.list_courses(Filters(words=f"word{number}"), "GBP", NOW)
        courses.list_courses(Filters(town=f"Nowhere {number}"), "GBP", NOW)
        dates.list_dates(Filters(most_minor=10_000 + number), NOW)
        dates.list_dates(Filters(course=f"none-{number}"), NOW)
        courses.find_course(f"none-{number}")
        months.get_month(month, Filters(type_code=f"X{number}"), NOW)
    assert shelf.ask(lambda redis: redis.dbsize()) == before
    courses.list_courses(Filters(town="Leeds"), "GBP", NOW)
    assert shelf.ask(lambda redis: redis.dbsize()) == before + 1, "the control: a real choice is kept"
