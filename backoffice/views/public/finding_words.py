"""What the pages of courses and dates say, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.durations import say_duration
from backoffice.domain.money import format_money
from backoffice.domain.times import to_local
from backoffice.services.finding.filters import ONLINE
from backoffice.views.public.local_times import DAY, say_date

DAY_WITHOUT_YEAR = "EEE d MMM"


def set_up(app: Flask) -> None:
    app.jinja_env.globals.update(
        say_when=when,
        say_start=start_of,
        say_cost=cost,
        say_lowest=lowest,
        say_length=length,
        say_audience=audience,
        say_day=say_date,
        first_day=first_day,
    )


def when(shown: Any) -> str:
    """From when to when, on the clock of the date's own place; of several days the first and the last."""
    start, end = to_local(shown.starts_at, shown.time_zone), to_local(shown.ends_at, shown.time_zone)
    hours = f"{start:%H:%M}–{end:%H:%M}"
    if start.date() == end.date():
        return f"{say_date(start.date())}, {hours}"
    pattern = DAY if start.year != end.year else DAY_WITHOUT_YEAR
    return f"{say_date(start.date(), pattern)} – {say_date(end.date())}, {hours}"


def start_of(shown: Any) -> str:
    """When a date begins, in few words: for a list under its course's length."""
    start = to_local(shown.starts_at, shown.time_zone)
    return f"{say_date(start.date())}, {start:%H:%M}"


def first_day(shown: Any) -> date:
    """The day on which a date begins, on the clock of its own place."""
    return to_local(shown.starts_at, shown.time_zone).date()


def cost(pricing: str, minor: int, currency: str) -> str:
    """The price of a place."""
    if pricing == "free":
        return _("Free")
    return _("Price on request") if pricing == "on_request" else format_money(minor, currency)


def lowest(card: Any) -> str:
    """The price of a course in a list: the lowest of its dates."""
    said = cost(card.pricing, card.lowest_minor, card.currency)
    return _("from %(price)s", price=said) if card.has_many_prices and card.pricing == "priced" else said


def length(minutes: int, days: int) -> str:
    """How long a course is: "3 days", "6 h"."""
    return ngettext("%(num)s day", "%(num)s days", days) if days > 1 else say_duration(minutes)


def audience(word: str) -> str:
    """For whom a course is."""
    return {"adults": _("Adults"), "kids": _("Children"), "corporate": _("Companies")}.get(word, word)


def town(value: str) -> str:
    """A town of the filter; what is taught online is in none."""
    return _("Online") if value == ONLINE else value


def by_month(dates: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Dates in their order, under the names of their months."""
    return [(name, list(each)) for name, each in groupby(dates, key=lambda shown: month(first_day(shown)))]


def month(value: date) -> str:
    """A month: "March 2026"."""
    said = say_date(value, "LLLL y")
    return said[:1].upper() + said[1:]
