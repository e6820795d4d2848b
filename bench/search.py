"""The search of the desk among 200,000 customers: time in the database, and until the browser has the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import quote

import psycopg

from bench import clients, fill
from bench.lists import Large
from bench.table import Figure, at_most, middle, percentile

ROUNDS = 9
TYPED = {
    "a name": ("emma okafor", "kowalski", "priya smith-jones"),
    "the beginning of a name": ("kow", "ok", "han wil"),
    "a phone number": ("07000007919", "+44 7000 015838", "7919"),
    "an address": ("caller777@mail1.example", "caller1999"),
    "a company": ("works 42", "smith works"),
    "a slip of the finger": ("kowalsky", "okfor", "emmma robinson"),
    "nothing like it": ("zzyzx", "qqqq wwww"),
}
STATEMENT = "SELECT subject_type, subject_id, is_near FROM search_subjects(%s, NULL, 8)"


def measure(large: Large) -> list[Figure]:
    figures = [at_most(f"database, {what}", worst_of(large, words), 5, "ms") for what, words in TYPED.items()]
    return [*figures, *over_http(large)]


def worst_of(large: Large, words: Sequence[str]) -> float:
    """The slowest of these words, each by the median of its rounds (ms), as the program's own login."""
    with psycopg.connect(large.house.app_url) as connection:
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (str(large.filled.tenant_id),))
        return max(middle(timed(connection, word) for _ in range(ROUNDS)) for word in words)


def timed(connection: psycopg.Connection, word: str) -> float:
    began = time.perf_counter()
    connection.execute(STATEMENT, (word,)).fetchall()
    return (time.perf_counter() - began) * 1000


def over_http(large: Large) -> list[Figure]:
    """One clerk who types: each prefix of each word is asked for, one after the other."""
    typed = [
        word[:end] for words in TYPED.values() for word in words[:2] for end in range(2, len(word) + 1, 3)
    ]
    with large.house.web() as port:
        session = clients.sign_in(port, large.filled.host, fill.EMAIL, fill.PASSWORD)
        browser = clients.Browser(port, session)
        for word in typed[:20]:
            ask(browser, word)
        times = [ask(browser, word) for _ in range(3) for word in typed]
    return [
        at_most("HTTP, median", middle(times), 150, "ms"),
        at_most("HTTP, p95", percentile(times, 95), 150, "ms"),
    ]


def ask(browser: clients.Browser, word: str) -> float:
    began = time.perf_counter()
    status, text = browser.get(f"/admin/desk/callers?q={quote(word)}")
    if status != 200:
        raise SystemExit(f"The search for {word} answered {status}: {text[:200]!r}")
    return (time.perf_counter() - began) * 1000
