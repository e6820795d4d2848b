"""A month of dates: each day with a dot for each course that begins on it."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _

from backoffice.domain.times import to_local
from backoffice.services.finding import months
from backoffice.services.finding.months import Day, Month
from backoffice.views.public import finding_page, finding_words
from backoffice.views.public.finding_page import Asked
from backoffice.views.requests import current_tenant

blueprint = Blueprint("calendar", __name__)

# As many colours as the style sheet has; the next course begins again at the first, its name stands beside it.
COLOURS = 8
# So many courses are named on a day; the others are a number that leads to the list.
NAMED = 4


@blueprint.get("/calendar")
@blueprint.get("/calendar/<int(fixed_digits=4):year>-<int(fixed_digits=2):number>")
def month(year: int | None = None, number: int | None = None) -> Any:
    """This month, or the one of the address; a month without dates leads to the next that has some."""
    now = datetime.now(UTC)
    found = finding_page.asked(now)
    today = to_local(now, current_tenant().time_zone).date()
    first = _first(year, number, today)
    shown = months.get_month(first, found.filters, now)
    return finding_page.show(
        "public/calendar.html",
        found,
        now,
        first=first,
        today=today,
        month=shown,
        weeks=_weeks(first, shown),
        colour_of=_colours(shown),
        named=NAMED,
        name=finding_words.month(first),
        next_name=finding_words.month(shown.next_day) if shown.next_day else "",
        day_link=lambda day: _day_link(day, found),
        month_link=lambda day: _month_link(day, found),
        before=_turn(first, -1, today),
        after=_turn(first, 1, today),
    )


def _first(year: int | None, number: int | None, today: date) -> date:
    """The first day of the month of the address; 404 for none, or one out of reach."""
    if year is None or number is None:
        return today.replace(day=1)
    if not 1 <= number <= 12 or not 1 <= year <= 9998:
        abort(404)
    first = date(year, number, 1)
    if not 0 <= _distance(first, today) <= months.MOST_MONTHS_AHEAD:
        abort(404, _("There are no dates in this month. Look at the calendar of this month instead."))
    return first


def _turn(first: date, by: int, today: date) -> date | None:
    """The month beside this one, unless it is out of reach."""
    count = first.year * 12 + first.month - 1 + by
    beside = date(count // 12, count % 12 + 1, 1)
    return beside if 0 <= _distance(beside, today) <= months.MOST_MONTHS_AHEAD else None


def _distance(first: date, today: date) -> int:
    return (first.year - today.year) * 12 + first.month - today.month


def _weeks(first: date, shown: Month) -> list[list[tuple[date, Day | None]]]:
    """The weeks from Monday, each day with what begins on it; days of the months beside are there to be left empty."""
    with_dates = {each.day: each for each in shown.days}
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return [[(day, with_dates.get(day)) for day in week] for week in weeks]


def _colours(shown: Month) -> dict[Any, int]:
    return {course_id: number % COLOURS + 1 for number, (course_id, _, _) in enumerate(shown.courses)}


def _day_link(day: date, found: Asked) -> str:
    return finding_page.address("/dates", found.typed, **{"from": day.isoformat(), "until": day.isoformat()})


def _month_link(day: date, found: Asked) -> str:
    return finding_page.address(f"/calendar/{day:%Y-%m}", found.typed)
