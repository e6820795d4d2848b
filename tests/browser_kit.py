"""A real browser on a real server: somebody signed in, and what every page must obey.

A browser test asks for `open_page` (or `page`, an administrator's wide one) and `site`, the provider's address:

    @pytest.mark.parametrize("size", SIZES, ids=SIZE_NAMES)
    def test_the_register_is_accessible_and_fits(open_page: OpenPage, site: str, size: Size) -> None:
        page = open_page("instructor", size)
        page.goto(f"{site}/admin/registers/")
        check_page(page)

Every page it opened is watched: an error in a script, a breach of the content security policy or a request that
leaves the site fails the test at its end. Mark the module with `pytestmark = pytest.mark.browser`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from werkzeug.serving import make_server

from tests.factories import Provider
from tests.web_client import PASSWORD, make_login

Size = tuple[int, int]
OpenPage = Callable[..., Page]

WIDE: Size = (1280, 800)
NARROW: Size = (360, 740)
SIZES, SIZE_NAMES = [WIDE, NARROW], ["desk", "phone"]
# A provider's host name leads to this machine, and Chromium asks nobody outside for anything.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
AT_HOME = ("data:", "about:", "blob:")


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """The port of 127.0.0.1 at which the app answers meanwhile, with a thread for each request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the module: while it lives, its event loop is the main thread's."""
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def site_port(app: Flask) -> Iterator[int]:
    with served(app) as port:
        yield port


@pytest.fixture
def site(provider: Provider, site_port: int) -> str:
    """The address of the provider of the test, without a slash at its end."""
    return f"http://{provider.host}:{site_port}"


@pytest.fixture
def other_sites() -> tuple[str, ...]:
    """Addresses besides the site that pages may ask for."""
    return ()


@pytest.fixture
def open_page(
    browser: Browser, app: Flask, provider: Provider, site: str, other_sites: tuple[str, ...]
) -> Iterator[OpenPage]:
    """`open_page(role="admin", size=WIDE, **options)`: a new browser window of somebody new with that role.

    `role=None` is a stranger who did not sign in; `options` are those of Playwright's `new_context`
    (`java_script_enabled=False`, `locale="en-GB"`, …). The page stands where the role lands after signing in.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(role: str | None = "admin", size: Size = WIDE, **options: Any) -> Page:
        contexts.append(new_context(browser, size, **options))
        page = contexts[-1].new_page()
        watch(page, site, problems, *other_sites)
        if role:
            sign_in(page, site, make_login(app, provider, role))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A wide page of an administrator."""
    return open_page()


def new_context(browser: Browser, size: Size = WIDE, **options: Any) -> BrowserContext:
    """A window with cookies of its own; close it at the end."""
    return browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)


def watch(page: Page, site: str, problems: list[str], *others: str) -> None:
    """Add to `problems` what no page may do from now on: see the first lines of this file."""

    def note_console(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            problems.append(said.text)

    def note_request(asked: Request) -> None:
        if not asked.url.startswith((f"{site}/", *others, *AT_HOME)):
            problems.append(asked.url)

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", note_console)
    page.on("request", note_request)


def sign_in(page: Page, site: str, email: str, password: str = PASSWORD) -> None:
    """Through the form, by keyboard; the page stands where this person lands."""
    page.goto(f"{site}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def check_page(page: Page) -> None:
    """What each page must be as it stands: accessible, and no wider than the window."""
    check_accessible(page)
    check_fits(page)


def check_accessible(page: Page) -> None:
    """axe finds no violation; a found one is named with the first element that has it."""
    page.wait_for_load_state()  # a click returns before the page it leads to is there
    violations = Axe().run(page).response["violations"]
    found = [(each["id"], each["nodes"][0]["html"][:200]) for each in violations]
    assert found == [], page.url


def check_fits(page: Page) -> None:
    """Nothing scrolls sideways."""
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], (page.url, wide)
