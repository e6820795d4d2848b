"""Calling off a date in a real browser: by the desk, by a booker without scripts, by a clerk for a caller."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, OpenPage, Size, check_page
from tests.called_off_world import World, make_world
from tests.factories import Provider

pytestmark = pytest.mark.browser


@pytest.fixture
def world(app: Flask, provider: Provider) -> World:
    return make_world(app, provider)


def test_an_admin_calls_off_and_sees_who_has_not_answered(
    open_page: OpenPage, site: str, world: World
) -> None:
    page = open_page("admin")
    page.goto(f"{site}/admin/schedules/details/?id={world.schedule_id}")
    page.get_by_role("link", name="Call off this date").click()
    check_page(page)
    page.get_by_label("Reason").fill("The trainer is ill.")
    page.get_by_role("button", name="Call off this date").click()
    expect(page.get_by_text("2 bookers are told by e-mail")).to_be_visible()
    expect(page.get_by_text("1 not answered, 1 nothing paid")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
def test_the_booker_takes_another_date_without_scripts(
    open_page: OpenPage, site: str, world: World, size: Size
) -> None:
    world.call_off(proposed_schedule_id=world.other_id)
    page = open_page(None, size, java_script_enabled=False)
    page.goto(site + world.path())
    expect(page.get_by_role("heading", name="Your course cannot take place")).to_be_visible()
    page.get_by_role("button", name="Take ").click()
    expect(page.get_by_role("heading", name="You moved to another date")).to_be_visible()
    assert world.choice().status == "moved"


@pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
@pytest.mark.parametrize("number", [0, 1], ids=["paid", "unpaid"])
def test_the_page_is_accessible_and_fits(
    open_page: OpenPage, site: str, world: World, size: Size, number: int
) -> None:
    world.call_off(proposed_schedule_id=world.other_id)
    page = open_page(None, size)
    page.goto(site + world.path(number))
    check_page(page)


def test_money_back_by_two_quick_presses_is_given_once(open_page: OpenPage, site: str, world: World) -> None:
    world.call_off()
    page = open_page(None, NARROW)
    page.goto(site + world.path())
    page.get_by_role("button", name="Give me £150.00 back").dblclick()
    expect(page.get_by_role("heading", name="Your money goes back to you")).to_be_visible()
    check_page(page)
    assert len(world.refunds()) == 1


def test_a_clerk_answers_for_a_caller(open_page: OpenPage, site: str, world: World) -> None:
    world.call_off()
    page = open_page("office", NARROW)
    page.goto(f"{site}/admin/work/choices")
    check_page(page)
    page.goto(f"{site}/admin/schedules/details/?id={world.schedule_id}")
    check_page(page)
    page.get_by_role("link", name="Answer…").first.click()
    check_page(page)
    page.get_by_label("Credit for later").check()
    page.get_by_role("button", name="Write down").click()
    expect(page.get_by_text("Written down: Credit for later.")).to_be_visible()
    assert world.choice().status == "credited"
