"""From when to when a report counts: local days of the provider, both included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backoffice.domain.errors import Invalid
from backoffice.domain.times import day_bounds, find_date, say_date

LONGEST_DAYS = 20 * 366
# Where the tax year does not begin with the calendar's: country → (month, day).
TAX_YEARS = {"GB": (4, 6), "IN": (4, 1), "ZA": (3, 1), "AU": (7, 1), "NZ": (4, 1)}
PRESETS = {
    "this_month": "This month",
    "last_month": "Last month",
    "this_year": "This year",
    "tax_year": "This tax year",
    "last_12_months": "Last 12 months",
}
DEFAULT = "last_12_months"


@dataclass(frozen=True)
class Period:
    """Local days, the first and the last one both included."""

    first: date
    last: date

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """UTC: from (included) and to (not included)."""
        return day_bounds(self.first, zone)[0], day_bounds(self.last, zone)[1]

    def a_year_before(self) -> Period:
        """The same days of the year before; a month that ends in February keeps its end."""
        return Period(_year_before(self.first), _year_before(self.last))

    def months(self) -> list[str]:
        """Every month that it touches, as "2026-03"."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        start = self.first.year * 12 + self.first.month - 1
        return [f"{each // 12:04}-{each % 12 + 1:02}" for each in range(start, start + count)]

    def within_month(self, month: str) -> Period:
        """What of the period lies in a month of it."""
        first = date(int(month[:4]), int(month[5:]), 1)
        return Period(max(self.first, first), min(self.last, _month_end(first)))

    def __str__(self) -> str:
        return f"{say_date(self.first)} to {say_date(self.last)}"


def preset(name: str, today: date, country: str = "GB") -> Period:
    """The days of a preset, seen from `today`. Raises Invalid for an unknown one."""
    month = today.replace(day=1)
    if name == "this_month":
        return Period(month, _month_end(month))
    if name == "last_month":
        before = month - timedelta(days=1)
        return Period(before.replace(day=1), before)
    if name == "this_year":
        return Period(date(today.year, 1, 1), date(today.year, 12, 31))
    if name == "tax_year":
        return _tax_year(today, country)
    if name == "last_12_months":
        return Period(_months_later(month, -11), _month_end(month))
    raise Invalid("period", "Choose one of the periods.", field="period")


def read(first: str, last: str) -> Period:
    """Days as people type them. Raises Invalid with the field."""
    begin, end = find_date(first), find_date(last)
    if begin is None:
        raise Invalid("from", "Enter a date like 31/12/2026.", field="from")
    if end is None:
        raise Invalid("until", "Enter a date like 31/12/2026.", field="until")
    if end < begin:
        raise Invalid("until", "The last day is before the first: swap them.", field="until")
    if (end - begin).days > LONGEST_DAYS:
        raise Invalid("until", "Choose 20 years at most.", field="until")
    return Period(begin, end)


def next_run(frequency: str, today: date) -> date:
    """When a mailed report is due after `today`: the next Monday, or the first of the next month."""
    if frequency == "weekly":
        return today + timedelta(days=7 - today.weekday())
    return _months_later(today.replace(day=1), 1)


def same_month_before(month: str) -> str:
    """ "2026-03" → "2025-03"."""
    return f"{int(month[:4]) - 1:04}{month[4:]}"


def say_month(month: str) -> str:
    """ "2026-03" → "Mar 2026"."""
    return say_date(date(int(month[:4]), int(month[5:]), 1)).split(" ", 2)[2]


def _tax_year(today: date, country: str) -> Period:
    month, day = TAX_YEARS.get(country, (1, 1))
    begin = date(today.year, month, day)
    if begin > today:
        begin = date(today.year - 1, month, day)
    return Period(begin, date(begin.year + 1, month, day) - timedelta(days=1))


def _months_later(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _month_end(month: date) -> date:
    return _months_later(month, 1) - timedelta(days=1)


def _year_before(day: date) -> date:
    if day == _month_end(day.replace(day=1)):
        return _month_end(date(day.year - 1, day.month, 1))
    return day.replace(year=day.year - 1)
