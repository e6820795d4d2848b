"""An instructor's first page: today's register first, by the date's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from backoffice.views.own_dates import sort_out
from tests.factories import Provider
from tests.services.registers.world import NAMES
from tests.views.admin.registers.conftest import open_room

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def date(*starts: datetime, status: str = "published", zone: str = "Europe/London", taken: int = 3) -> Any:
    """A date of these days, six hours each."""
    venue = SimpleNamespace(name="Room 1", address_line1="1 High Street", city="Leeds", postcode=None)
    days = [
        SimpleNamespace(starts_at=start, ends_at=start + timedelta(hours=6), day_number=number)
        for number, start in enumerate(starts, 1)
    ]
    return SimpleNamespace(
        id=uuid4(), status=status, time_zone=zone, venue=venue, seats_taken=taken, days=days,
        starts_at=days[0].starts_at, ends_at=days[-1].ends_at,
    )  # fmt: skip


def sorted_out(
    *dates: Any, now: datetime = NOON, taught: dict[UUID, Any] | None = None
) -> dict[str, list[Any]]:
    days = {each.id: each.days for each in dates} if taught is None else taught
    found = sort_out(dates, days, now)
    return {part: [own.date for own in owns] for part, owns in vars(found).items() if owns}


MORNING = NOON - timedelta(hours=3)


def test_each_date_is_in_its_part() -> None:
    today, over, late = date(MORNING), date(MORNING - DAY, status="completed"), date(MORNING - 3 * DAY)
    coming, older = date(MORNING + DAY), date(MORNING - 9 * DAY, status="completed")
    assert sorted_out(older, late, over, today, coming) == {
        "today": [today], "to_mark": [late], "coming": [coming], "past": [over, older],
    }  # fmt: skip


def test_todays_date_that_is_completed_is_over() -> None:
    done = date(MORNING - timedelta(hours=5), status="completed")
    assert sorted_out(done) == {"past": [done]}


def test_between_two_days_it_is_to_be_marked() -> None:
    long = date(MORNING - DAY, MORNING + DAY)
    assert sorted_out(long) == {"to_mark": [long]}


def test_today_is_only_where_one_teaches_today() -> None:
    long = date(MORNING, MORNING + DAY)
    assert sorted_out(long, taught={long.id: long.days[1:]}) == {"to_mark": [long]}


@pytest.mark.parametrize(("zone", "part"), [("Africa/Nairobi", "today"), ("Europe/London", "coming")])
def test_today_is_what_the_dates_clock_says(zone: str, part: str) -> None:
    evening = datetime(2026, 3, 9, 22, tzinfo=UTC)  # 01:00 of the 10th in Nairobi
    asked = date(MORNING, zone=zone)
    assert sorted_out(asked, now=evening) == {part: [asked]}


def test_it_says_which_day_where_and_how_many() -> None:
    long = date(MORNING - DAY, MORNING, taken=1)
    (own,) = sort_out([long], {long.id: long.days}, NOON).today
    assert (own.hours, own.day) == ("09:00–15:00", "Tue 10 Mar 2026, day 2")
    assert (own.where, own.people) == ("Room 1, 1 High Street, Leeds", "1 person")
    (empty,) = sort_out([date(MORNING, taken=0)], {}, NOON).to_mark
    assert empty.people == "Nobody yet"


def test_todays_register_is_one_press_away(app: Flask, provider: Provider) -> None:
    room = open_room(app, provider, NAMES[0], ago=0)
    page = room.instructor.get("/admin/my-dates/").text
    first = page.index("Open the register")
    assert page.index(">Today<") < page.index(f'href="{room.url}"') < first
    assert room.person("instructor").get("/admin/my-dates/").text.count("No dates ahead") == 1
