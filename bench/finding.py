"""The public catalogue at 10,000 coming dates: each page before and after its list is remembered, and its weight."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

import psycopg
import redis

from bench import clients, fill
from bench.fill import Filled
from bench.house import House
from bench.table import Figure, at_most, middle, percentile

DATES, COURSES, VENUES = 10_000, 40, 24
ROUNDS = 15
CROWD, CROWD_SECONDS = 8, 5
WARM_MS, COLD_MS, SEARCH_MS = 40, 200, 120
FIRST_LOAD_KB, FIRST_LOAD_REQUESTS = 100, 8
# What is read from the database each time, remembered or not.
SEARCHES = {
    "words": "/?q=" + quote("first aid"),
    "words past a slip": "/?q=paedatric",
    "dates by words and price": "/dates?q=resuscitation&up_to=100",
    "dates between days": "/dates?from=2027-03-01&until=2027-04-01&town=Leeds",
}
PAGES = {
    "courses": "/",
    "courses of a town": "/?town=Leeds",
    "dates": "/dates",
    "dates of a course": "/dates?course=bench-7",
    "a month": "/calendar",
    "a course": "/course/bench-7",
    "the list for other sites": "/embed",
    "a feed": "/feed/all.ics",
}
COURSE_ROWS = """
INSERT INTO courses (tenant_id, id, slug, title, course_type_id, duration_minutes, price_minor, is_published,
                     description, outcomes, syllabus)
SELECT t.tenant_id, uuidv7(), 'bench-' || n, (ARRAY['First Aid', 'Paediatric Care', 'Manual Handling', 'Resuscitation',
       'Fire Safety'])[1 + n % 5] || ' ' || n, t.id, 360, 5000 + n * 100, true,
       repeat('Practise on manikins in small groups, and leave with a certificate. ', 20),
       '["Act safely", "Give CPR", "Help a casualty"]', '["Safety", "Practice", "Assessment"]'
  FROM course_types t, generate_series(1, %(courses)s) n WHERE t.tenant_id = %(tenant)s
"""
VENUE_ROWS = """
INSERT INTO venues (tenant_id, id, slug, name, kind, city, capacity)
SELECT %(tenant)s, uuidv7(), 'site-' || n, 'Hall ' || n, 'client_site',
       (ARRAY['Leeds', 'York', 'Hull', 'Sheffield', 'Bradford', 'Wakefield', 'Harrogate', 'Halifax'])[1 + n % 8], 40
  FROM generate_series(1, %(venues)s) n
"""
SPREAD = """
WITH c AS (SELECT id, row_number() OVER () - 1 AS place FROM courses WHERE tenant_id = %(tenant)s AND slug LIKE 'bench-%%'),
     v AS (SELECT id, row_number() OVER () - 1 AS place FROM venues WHERE tenant_id = %(tenant)s AND slug LIKE 'site-%%'),
     s AS (SELECT id, row_number() OVER (ORDER BY starts_at) AS place FROM schedules WHERE tenant_id = %(tenant)s)
UPDATE schedules d SET course_id = c.id, venue_id = v.id, price_minor = 4000 + (s.place %% 60) * 100
  FROM s, c, v WHERE d.tenant_id = %(tenant)s AND d.id = s.id AND c.place = s.place %% %(courses)s
   AND v.place = s.place * 7 %% %(venues)s
"""
DAY_ROWS = """
INSERT INTO schedule_days (tenant_id, id, schedule_id, day_number, starts_at, ends_at)
SELECT tenant_id, uuidv7(), id, 1, starts_at, ends_at FROM schedules WHERE tenant_id = %(tenant)s
"""


@dataclass
class Site:
    """The filled house, and the provider whose site it is."""

    house: House
    filled: Filled


def prepare(house: House) -> Site:
    """A provider with an open site and 10,000 coming dates."""
    filled = fill.provider(house)
    values = {"tenant": filled.tenant_id, "courses": COURSES, "venues": VENUES}
    with house.owner() as connection:
        connection.execute(COURSE_ROWS.replace("% 5", "%% 5"), values)
        connection.execute(VENUE_ROWS.replace("% 8", "%% 8"), values)
        fill.dates(connection, filled, DATES, days=(1, 365))
        connection.execute(SPREAD, values)
        connection.execute(DAY_ROWS, values)
        connection.execute(
            "INSERT INTO tenant_sites (tenant_id, id, is_published) VALUES (%(tenant)s, uuidv7(), true)",
            values,
        )
        connection.execute("ANALYZE")
    return Site(house, filled)


def measure(site: Site) -> list[Figure]:
    found = [
        figure for word in ("first aid", "paedatric", "resuscitaton") for figure in [_database(site, word)]
    ]
    with site.house.web() as port:
        browser = clients.Browser(port, clients.Session(site.filled.host))
        for path in (*PAGES.values(), *SEARCHES.values()):
            _ask(browser, path)
        for name, path in PAGES.items():
            found.append(at_most(f"{name}, read anew", middle(_cold(site, browser, path)), COLD_MS, "ms"))
            found += _warm(name, browser, path, WARM_MS)
        for name, path in SEARCHES.items():
            _forget(site)
            found += _warm(name, browser, path, SEARCH_MS)
        found += [
            _crowd(site, port, name, PAGES[name]) for name in ("courses", "dates", "a month", "a course")
        ]
        found += _weight(browser, "/") + _weight(browser, "/dates") + _weight(browser, "/course/bench-7")
    return found


def _database(site: Site, word: str) -> Figure:
    with psycopg.connect(site.house.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (str(site.filled.tenant_id),))
        return at_most(
            f"database, words: {word}", middle(_timed(connection, word) for _ in range(ROUNDS)), 5, "ms"
        )


def _timed(connection: psycopg.Connection, word: str) -> float:
    began = time.perf_counter()
    connection.execute("SELECT subject_id FROM search_subjects(%s, 'course', 500)", (word,)).fetchall()
    return (time.perf_counter() - began) * 1000


def _cold(site: Site, browser: clients.Browser, path: str) -> list[float]:
    """Each time after everything that was remembered is gone."""
    times = []
    for _ in range(ROUNDS):
        _forget(site)
        times.append(_ask(browser, path)[0])
    return times


def _forget(site: Site) -> None:
    """Empty Valkey: the lists, and how often this one address has searched."""
    with redis.Redis.from_url(site.house.environ["REDIS_URL"]) as valkey:
        valkey.flushdb()


def _warm(name: str, browser: clients.Browser, path: str, goal: float) -> list[Figure]:
    times = [_ask(browser, path)[0] for _ in range(ROUNDS * 3)]
    return [
        at_most(f"{name}, median", middle(times), goal, "ms"),
        at_most(f"{name}, p95", percentile(times, 95), goal * 2, "ms"),
    ]


def _crowd(site: Site, port: int, name: str, path: str) -> Figure:
    """Eight visitors who ask for the same page again as soon as they have it."""

    def visit(number: int) -> list[float]:
        browser, times = clients.Browser(port, clients.Session(site.filled.host)), list[float]()
        end = time.perf_counter() + CROWD_SECONDS
        while time.perf_counter() < end:
            times.append(_ask(browser, path)[0])
        return times

    with ThreadPoolExecutor(CROWD) as pool:
        times = [each for visited in pool.map(visit, range(CROWD)) for each in visited]
    rate = f"{len(times) / CROWD_SECONDS:,.0f} pages/s, p95 {percentile(times, 95):,.0f} ms"
    return Figure(f"{name}, {CROWD} visitors at once", rate)


def _ask(browser: clients.Browser, path: str) -> tuple[float, str]:
    began = time.perf_counter()
    status, text = browser.get(path)
    if status != 200:
        raise SystemExit(f"{path} answered {status}: {text[:200]!r}")
    return (time.perf_counter() - began) * 1000, text if isinstance(text, str) else text.decode()


def _weight(browser: clients.Browser, path: str) -> list[Figure]:
    """What a browser fetches at once: the page, its styles and scripts; no picture lies above the fold of these."""
    page = _ask(browser, path)[1]
    parts = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', page)
    size = len(page.encode()) + sum(len(_ask(browser, part)[1].encode()) for part in parts)
    return [
        at_most(f"first load of {path}", size / 1024, FIRST_LOAD_KB, "KB"),
        at_most(f"requests of {path}", 1 + len(parts), FIRST_LOAD_REQUESTS),
    ]
