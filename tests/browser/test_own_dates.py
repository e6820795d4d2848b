"""An instructor's first page in a real browser: today's register under the thumb."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from backoffice.database import db
from backoffice.models import ScheduleDayInstructor, User
from backoffice.tenancy import tenant_scope
from tests import factories
from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.factories import Provider
from tests.services.registers.world import teach

pytestmark = pytest.mark.browser

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3


def plan(app: Flask, provider: Provider, *days_ago: int) -> None:
    """A date for each, of the one instructor who is signed in; below zero it is still to come."""
    with app.app_context(), tenant_scope(provider.id):
        user = db.session.query(User).filter_by(role="instructor").one()
        person = factories.make_instructor(user_id=user.id)
        for ago in days_ago:
            taught = teach(ago=ago, people=2 if ago >= 0 else 0)
            taught.schedule.course.title = LONG
            for day in taught.schedule.days:
                factories.add(ScheduleDayInstructor(schedule_day_id=day.id, instructor_id=person.id))
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_page_is_accessible_and_fits(
    app: Flask, provider: Provider, site: str, open_page: OpenPage, size: Size
) -> None:
    page = open_page("instructor", size)
    plan(app, provider, 3, 0, -4, -9)
    page.goto(f"{site}/admin/my-dates/")
    expect(page.locator("main h2")).to_have_text(["Today", "To mark or complete", "Coming"])
    check_page(page)


def test_the_register_of_today_opens_with_one_press_of_a_thumb(
    app: Flask, provider: Provider, site: str, open_page: OpenPage
) -> None:
    page = open_page("instructor", NARROW, has_touch=True)
    plan(app, provider, 0)
    page.goto(f"{site}/admin/")
    key = page.get_by_role("link", name="Open the register of").first
    box = key.bounding_box()
    assert box and box["height"] >= 48 and box["y"] + box["height"] < NARROW[1]
    key.tap()
    expect(page.get_by_text("0 of 2 marked")).to_be_visible()
    small = page.evaluate("""() => [...document.querySelectorAll(".person label, .save-bar .btn")]
        .filter(each => each.offsetParent && !each.matches(".is-clear, .more label:not(.tick)"))
        .map(each => each.offsetHeight).filter(height => height < 40)""")
    assert small == []
