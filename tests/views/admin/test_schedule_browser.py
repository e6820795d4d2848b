"""The planning form in a real browser: by keyboard, with what the course brings along and what clashes said at once."""

from datetime import date, timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.times import parse_time
from backoffice.models import Schedule, ScheduleDay
from backoffice.services import schedules
from backoffice.services.schedules import PlanIn
from backoffice.services.schedules.days import Day
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import OpenPage, check_page
from tests.factories import Provider
from tests.views.admin.test_catalogue import inside

pytestmark = pytest.mark.browser

SOON = date.today() + timedelta(days=21)  # noqa: DTZ011 - a local day


class Rows(NamedTuple):
    """What the provider of the test has, by name."""

    course: str
    hall: str
    rooms: str
    schedule: str


def nine_to_four(day: date) -> Day:
    return day, parse_time("09:00"), parse_time("16:00")


@pytest.fixture
def rows(app: Flask, provider: Provider) -> Rows:
    with inside(app, provider):
        course = factories.make_course(
            title="First Aid at Work", day_count=3, duration_minutes=1080, capacity=10
        )
        hall = factories.make_venue(name="Mill Hall", city="Leeds")
        rooms = factories.make_venue(name="Abbey Rooms", city="York")
        taken = commit_once(
            lambda: schedules.plan(PlanIn(course.id, hall.id, [nine_to_four(SOON)]), factories.actor())
        )
        return Rows(str(course.id), str(hall.id), str(rooms.id), str(taken.id))


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A British administrator's: the order of day and month in a date field is the browser's."""
    return open_page(locale="en-GB")


def stored_days(app: Flask, provider: Provider, but: str) -> list[date]:
    with inside(app, provider):
        days = select(ScheduleDay).join(ScheduleDay.schedule).where(Schedule.id != but)
        found = db.session.scalars(days.order_by(ScheduleDay.starts_at))
        return [day.starts_at.date() for day in found]


def test_a_course_of_three_days_is_planned_without_the_mouse(
    page: Page, site: str, app: Flask, provider: Provider, rows: Rows
) -> None:
    page.goto(f"{site}/admin/schedules/new/")
    expect(page.locator("#course_id")).to_be_focused()
    page.keyboard.type("First")
    expect(page.locator("#price_minor")).to_have_value("£75.00")
    expect(page.locator("#capacity")).to_have_value("10")
    expect(page.locator("[name=days-0-end]")).to_have_value("15:00")
    page.keyboard.press("Tab")
    page.keyboard.type(f"{SOON:%d%m%Y}")
    page.locator("#venue_id").focus()
    expect(page.locator("[data-day]")).to_have_count(3)
    page.keyboard.type("Mill")
    expect(page.locator("#plan-check")).to_contain_text("Mill Hall is taken by First Aid at Work")
    page.locator("h1").click()  # out of the field: a digit is a key now
    page.keyboard.press("1")
    expect(page.locator("#venue_id")).to_have_value(rows.rooms)
    expect(page.locator("#plan-check")).to_contain_text("Nothing else is on at this time.")
    page.locator("#code").press("Enter")
    page.wait_for_url("**/details/**")
    assert stored_days(app, provider, rows.schedule) == [SOON + timedelta(days=n) for n in range(3)]


def test_days_are_added_and_taken_away_by_keyboard(page: Page, site: str, rows: Rows) -> None:
    page.goto(f"{site}/admin/schedules/edit/?id={rows.schedule}")
    page.keyboard.press("Alt+d")
    added = page.locator("[name=days-1-on]")
    expect(added).to_be_focused()
    expect(added).to_have_value((SOON + timedelta(days=1)).isoformat())
    expect(page.locator("[name=days-1-start]")).to_have_value("09:00")
    page.locator("[data-remove-day]").first.press("Enter")
    expect(page.locator("[data-day]")).to_have_count(1)
    expect(page.locator("[name=days-0-on]")).to_have_value((SOON + timedelta(days=1)).isoformat())


def test_a_refused_plan_is_saved_by_one_key(
    page: Page, site: str, app: Flask, provider: Provider, rows: Rows
) -> None:
    page.goto(f"{site}/admin/schedules/new/?course_id={rows.course}&venue_id={rows.hall}")
    page.fill("[name=days-0-on]", SOON.isoformat())
    page.fill("[name=days-0-start]", "10:00")
    page.fill("[name=days-0-end]", "12:00")
    page.locator("#code").press("Enter")
    expect(page.locator(".problems")).to_be_focused()
    page.keyboard.press("1")
    page.wait_for_url("**/details/**")
    assert stored_days(app, provider, rows.schedule)[0] == SOON


@pytest.mark.parametrize("width", [1280, 360])
def test_the_screens_of_dates_are_accessible_and_fit(page: Page, site: str, rows: Rows, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    paths = (
        "schedules/", f"schedules/details/?id={rows.schedule}", f"schedules/edit/?id={rows.schedule}",
        "schedules/new/", "courses/", f"courses/edit/?id={rows.course}", f"courses/details/?id={rows.course}",
        f"venues/details/?id={rows.hall}", "instructors/new/", "companies/new/",
    )  # fmt: skip
    for path in paths:
        page.goto(f"{site}/admin/{path}")
        check_page(page)
