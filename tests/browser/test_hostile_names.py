"""A name that is a script stays a name where scripts of ours show it (G4)."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser_kit import OpenPage
from tests.factories import Provider
from tests.views.admin.money_desk import inside

pytestmark = pytest.mark.browser

EVIL = "Evil <img src=x onerror=window.hit=1>"
HIT = "() => window.hit === 1"


@pytest.fixture
def company(app: Flask, provider: Provider) -> str:
    with inside(app, provider):
        return str(factories.make_company(name=EVIL).id)


def choose(page: Page, site: str) -> None:
    """Type into the choice of a company until the evil one is offered."""
    page.goto(f"{site}/admin/payments/new/")
    page.locator("#company-text").press_sequentially("Evil")
    expect(page.locator("#company-list [role=option]")).to_contain_text(EVIL)


def test_a_hostile_name_is_text_among_the_choices(open_page: OpenPage, site: str, company: str) -> None:
    page = open_page()
    choose(page, site)
    page.keyboard.press("Enter")
    expect(page.locator(".combo").filter(has_text="Evil")).to_be_visible()
    assert page.evaluate("window.hit") is None


def test_as_markup_the_same_choice_would_run(open_page: OpenPage, site: str, company: str) -> None:
    """The control: the option's text as HTML, where no policy forbids it."""
    page = open_page(bypass_csp=True)
    choose(page, site)
    page.evaluate(
        "() => { const [one] = document.querySelectorAll('#company-list li'); one.innerHTML = one.textContent; }"
    )
    page.wait_for_function(HIT)
