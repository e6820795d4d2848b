"""Series in a real browser: the grid counts what is ticked, and every page fits and can be read out."""

from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from backoffice.domain.availability import parse_hours
from backoffice.domain.recurrence import Rule
from backoffice.services import availability, series
from backoffice.services.schedules import PlanIn
from backoffice.services.series import SeriesIn
from backoffice.work import commit_once
from tests import factories
from tests.browser_kit import SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.views.admin.test_catalogue import inside
from tests.views.admin.test_schedule_browser import nine_to_four

pytestmark = pytest.mark.browser

TODAY = date.today()  # noqa: DTZ011 - a local day
FIRST = next(day for n in range(7) if (day := date(TODAY.year + 2, 3, 1) + timedelta(days=n)).weekday() == 1)
ADMIN = factories.actor()


@pytest.fixture
def rows(app: Flask, provider: Provider) -> dict[str, str]:
    """A series of three in the Mill Hall; Ann Lee, who teaches it, goes on leave before the last."""
    with inside(app, provider):
        course, hall = factories.make_course(title="First Aid"), factories.make_venue(name="Mill Hall")
        ann = factories.make_instructor(name="Ann Lee")
        plan = PlanIn(course.id, hall.id, [nine_to_four(FIRST)], instructor_ids=[ann.id])
        wanted = SeriesIn(plan, Rule("weekly", FIRST, 3))
        chosen = [row.key for row in series.preview(wanted).rows]
        made = commit_once(lambda: series.make(wanted, chosen, ADMIN))
        away = FIRST + timedelta(weeks=2)
        commit_once(lambda: availability.add_leave(ann.id, away, away + timedelta(days=9), "Spain", ADMIN))
        commit_once(lambda: availability.set_hours(ann.id, {2: parse_hours("9-12, 13-17")}, ADMIN))
        ids = {"course": course.id, "hall": hall.id, "ann": ann.id, "series": made.id}
        return {name: str(value) for name, value in ids.items()}


def fill(page: Page, site: str, rows: dict[str, str]) -> None:
    """Four Tuesdays of which the first three are taken."""
    page.goto(f"{site}/admin/series/new/?course_id={rows['course']}&venue_id={rows['hall']}")
    page.fill("[name=days-0-on]", FIRST.isoformat())
    page.fill("[name=days-0-start]", "10:00")
    page.fill("[name=days-0-end]", "12:00")
    page.fill("[name=times]", "4")
    page.select_option("[name=instructor_id]", "nobody")
    page.fill("[name=override_reason]", "An assistant comes along")
    page.locator("[name=times]").press("Enter")
    page.wait_for_selector("[data-series]")


def test_the_grid_counts_what_is_ticked_and_one_key_makes_it(
    open_page: OpenPage, site: str, rows: dict[str, str]
) -> None:
    page = open_page(locale="en-GB")
    fill(page, site, rows)
    expect(page.locator("[data-count]")).to_have_text("1 of 4 ticked")
    expect(page.locator("[data-series]")).to_contain_text("Mill Hall is taken by First Aid")
    page.click("[data-tick=none]")
    expect(page.locator("[data-save]")).to_have_text("Make the ticked dates")
    page.click("[data-tick=all]")
    page.click("[data-save]")
    page.wait_for_url("**/admin/series/*-*/**")
    expect(page.locator("body")).to_contain_text("Planned: 1 date.")


def test_weekdays_are_asked_for_weekly_series_only(
    open_page: OpenPage, site: str, rows: dict[str, str]
) -> None:
    page = open_page()
    page.goto(f"{site}/admin/series/new/")
    expect(page.locator("[data-weekly]")).to_be_visible()
    page.select_option("[name=repeats]", "monthly_date")
    expect(page.locator("[data-weekly]")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_screens_of_series_are_accessible_and_fit(
    open_page: OpenPage, site: str, rows: dict[str, str], size: Size
) -> None:
    page = open_page("admin", size, locale="en-GB")
    paths = (
        "series/", "series/new/", f"series/{rows['series']}/", f"series/{rows['series']}/change/?scope=all",
        f"instructors/details/?id={rows['ann']}", f"instructors/hours/?id={rows['ann']}",
        f"instructors/leave/?id={rows['ann']}",
    )  # fmt: skip
    for path in paths:
        page.goto(f"{site}/admin/{path}")
        check_page(page)
    fill(page, site, rows)
    check_page(page)
    page.goto(f"{site}/admin/series/{rows['series']}/change/?scope=all")
    page.select_option("[name=weekday]", "3")
    page.locator("[name=start]").press("Enter")
    page.wait_for_selector("[data-series]")
    check_page(page)
