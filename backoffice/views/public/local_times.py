"""Days and instants in the language of the page; in English as everywhere else."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import get_locale

from backoffice.domain import times
from backoffice.domain.times import to_local

ENGLISH = "en"
DAY = "EEE d MMM y"


def say_date(day: date) -> str:
    """A day: "Tue 3 Mar 2026", "mar. 3 mars 2026"."""
    language = str(get_locale() or ENGLISH)
    return times.say_date(day) if language == ENGLISH else _said(day, language)


def say_instant(instant: datetime, tz: str | ZoneInfo) -> str:
    """An instant on the clock of the time zone: the day, and the time of it."""
    local = to_local(instant, tz)
    return f"{say_date(local.date())}, {local:%H:%M}"


def say_span(start: datetime, end: datetime, tz: str | ZoneInfo) -> str:
    """From one instant to another; the second day only where it is another one."""
    if to_local(start, tz).date() == to_local(end, tz).date():
        return f"{say_instant(start, tz)}–{to_local(end, tz):%H:%M}"
    return f"{say_instant(start, tz)} – {say_instant(end, tz)}"


@lru_cache(10_000)
def _said(day: date, language: str) -> str:
    return str(format_date(day, DAY, locale=language))
