"""Days and instants in the language of the page; in English as everywhere else."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _

from backoffice.domain import certificate_words, times
from backoffice.domain.times import to_local

ENGLISH = "en"
DAY = "EEE d MMM y"
DAY_IN_FULL = "d MMMM y"


def say_date(day: date, pattern: str = DAY) -> str:
    """A day: "Tue 3 Mar 2026", "mar. 3 mars 2026"; another pattern is one of Babel's."""
    language = str(get_locale() or ENGLISH)
    if language == ENGLISH and pattern == DAY:
        return times.say_date(day)
    return _said(day, pattern, language)


def say_instant(instant: datetime, tz: str | ZoneInfo) -> str:
    """An instant on the clock of the time zone: the day, and the time of it."""
    local = to_local(instant, tz)
    return f"{say_date(local.date())}, {local:%H:%M}"


def say_span(start: datetime, end: datetime, tz: str | ZoneInfo) -> str:
    """From one instant to another; the second day only where it is another one."""
    if to_local(start, tz).date() == to_local(end, tz).date():
        return f"{say_instant(start, tz)}–{to_local(end, tz):%H:%M}"
    return f"{say_instant(start, tz)} – {say_instant(end, tz)}"


def say_taught(first: date, last: date) -> str:
    """The days from one date to another, as a certificate writes them: "on 3 March 2026", "from 3 to 5 March 2026"."""
    if str(get_locale() or ENGLISH) == ENGLISH:
        return certificate_words.say_taught(first, last)
    if first == last:
        return _("on %(day)s", day=say_date(first, DAY_IN_FULL))
    return _(
        "from %(first)s to %(last)s", first=say_date(first, DAY_IN_FULL), last=say_date(last, DAY_IN_FULL)
    )


@lru_cache(10_000)
def _said(day: date, pattern: str, language: str) -> str:
    """Remembered: a list says the same few days again and again, and finding the words takes long."""
    return str(format_date(day, pattern, locale=language))
