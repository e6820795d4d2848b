"""The first load of the pages that strangers come to, as it goes over the wire: every byte that the browser fetches for it.

Not counted as requests: pictures below the fold, which the browser fetches before anybody comes near, and the icon of the tab.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser_kit import NARROW, SIZE_NAMES, SIZES, new_context
from tests.live_kit import until
from tests.servers import CHROMIUM_NAMES, find_chromium
from tests.whole_program import Program

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_BYTES, MOST_REQUESTS = 100_000, 8
QUIET_SECONDS, STILL_MILLISECONDS = 30.0, 300
LINKS = {"/course": ".course-card h3 a", "/book": "a[href^='/book/']:visible"}
PAGES = ("/", "/dates", "/calendar", *LINKS)
BELOW = """[...document.querySelectorAll("img[loading=lazy]")]
  .filter(each => each.getBoundingClientRect().top >= innerHeight).map(each => each.currentSrc)"""


class Meter:
    """What a page asks for, and the bytes that come, heads included."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: dict[str, str] = {}
        self.came: dict[str, int] = {}
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", self._ask)
        wire.on("Network.loadingFinished", self._come)

    def _ask(self, said: Any) -> None:
        if said["request"]["url"].startswith("http"):
            self.asked[said["requestId"]] = said["request"]["url"]

    def _come(self, said: Any) -> None:
        if said["requestId"] in self.asked:
            self.came[said["requestId"]] = int(said["encodedDataLength"])

    def load(self, url: str) -> None:
        """To the end: a stream of live places stays open, all else has come."""
        answer = self.page.goto(url)
        assert answer is not None and answer.status == 200
        assert until(self.is_still, QUIET_SECONDS, self.page.wait_for_timeout), self.under_way()

    def is_still(self) -> bool:
        """All has come, and a moment later nothing more was asked for."""
        asked = len(self.asked)
        self.page.wait_for_timeout(STILL_MILLISECONDS)
        return len(self.asked) == asked and not self.under_way()

    def under_way(self) -> list[str]:
        return [
            url for each, url in self.asked.items() if each not in self.came and "/live/stream" not in url
        ]

    def needed(self) -> list[str]:
        """What the window shows at once, and what that is made of."""
        below = {*self.page.evaluate(BELOW)}
        return [url for url in self.asked.values() if url not in below and "/favicon" not in url]

    def __str__(self) -> str:
        return "\n".join(f"{self.came.get(each, 0):>8} {url}" for each, url in self.asked.items())


@pytest.fixture(scope="module")
def chromium(chromium: str) -> str:
    """The one that people have: the shell without a window fetches pictures from much further below."""
    return find_chromium(CHROMIUM_NAMES[1:]) or chromium


@pytest.fixture(scope="module")
def shop(program: Program) -> str:
    """The site of the demonstration's first provider, as a fresh run fills it in, pictures included."""
    return f"http://{program.run['tenants'][0]['host']}:{program.port}"


@pytest.fixture
def fresh(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser that was never here."""
    context = new_context(browser, getattr(request, "param", NARROW))
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def addresses(browser: Browser, shop: str) -> dict[str, str]:
    """Where a course and a date to book are: the first of each that the lists lead to."""
    context = new_context(browser)
    page = context.new_page()
    found = {path: shop + path for path in PAGES}
    for name, selector in LINKS.items():
        page.goto(f"{shop}{'/' if name == '/course' else '/dates'}")
        found[name] = shop + str(page.locator(selector).first.get_attribute("href"))
    context.close()
    return found


@pytest.mark.parametrize("fresh", SIZES, ids=SIZE_NAMES, indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_first_load_is_light(fresh: Page, addresses: dict[str, str], name: str) -> None:
    meter = Meter(fresh)
    meter.load(addresses[name])
    weight = sum(meter.came.values())
    needed = meter.needed()
    print(f"{name}: {weight} bytes, {len(needed)} requests, {len(meter.asked)} with what is not seen yet")
    assert weight > 5_000, f"the control: a page weighs something\n{meter}"
    assert weight < MOST_BYTES, f"{weight} bytes\n{meter}"
    assert len(needed) <= MOST_REQUESTS, str(meter)


def test_what_is_too_much_is_seen(fresh: Page, addresses: dict[str, str]) -> None:
    """The control: the same page with more pictures at its top."""
    pictures = "".join(
        f'<img src="/picture/{number}.webp" loading="lazy">' for number in range(MOST_REQUESTS)
    )
    meter = Meter(fresh)
    meter.load(addresses["/dates"])
    fresh.evaluate("it => document.body.insertAdjacentHTML('afterbegin', it)", pictures)
    assert until(lambda: len(meter.asked) > MOST_REQUESTS, QUIET_SECONDS, fresh.wait_for_timeout)
    assert until(lambda: not meter.under_way(), QUIET_SECONDS, fresh.wait_for_timeout)
    assert len(meter.needed()) > MOST_REQUESTS
