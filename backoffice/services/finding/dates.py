"""The list of coming dates, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from backoffice.database import db
from backoffice.models import Schedule
from backoffice.services.finding import cache, on_sale, words
from backoffice.services.finding.filters import Filters
from backoffice.services.finding.on_sale import PublicDate

AT_ONCE = 25
# A list is counted this far: nobody reads on, and a count of all costs more than the page.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class DatePage:
    """Some dates of a list; `after` is where the next page begins, None on the last. `count` ends at MOST_COUNTED."""

    dates: tuple[PublicDate, ...]
    after: UUID | None
    count: int

    @property
    def is_uncounted(self) -> bool:
        return self.count > MOST_COUNTED


def list_dates(
    filters: Filters, now: datetime, *, after: UUID | None = None, at_most: int = AT_ONCE
) -> DatePage:
    """The next dates that fit (`now` in UTC), with the places that they have now."""
    if after or not filters.is_common:
        return _page(words.look_up(filters), now, after, at_most)
    known = cache.remembered(
        f"dates/{filters}/{at_most}",
        DatePage,
        lambda: _page(filters, now, None, at_most),
        is_worth=lambda page: page.dates,
    )
    return DatePage(tuple(on_sale.with_places(known.dates, now)), known.after, known.count)


def find_date(schedule_id: UUID, now: datetime) -> PublicDate | None:
    """One date, if everybody may see it."""
    row = db.session.execute(on_sale.query(Filters(), now).where(Schedule.id == schedule_id)).first()
    return on_sale.as_date(row) if row else None


def _page(filters: Filters, now: datetime, after: UUID | None, at_most: int) -> DatePage:
    wanted = on_sale.query(filters, now).limit(at_most + 1)
    rows = [on_sale.as_date(row) for row in db.session.execute(wanted.where(*_beyond(after)))]
    more = rows[at_most - 1].id if len(rows) > at_most else None
    return DatePage(tuple(rows[:at_most]), more, _count(filters, now))


def _beyond(after: UUID | None) -> list[ColumnElement[bool]]:
    """Behind the date that the page before ended with; from the beginning where there is no such date."""
    if after is None:
        return []
    starts_at = db.session.scalar(select(Schedule.starts_at).where(Schedule.id == after))
    if starts_at is None:
        return []
    return [tuple_(Schedule.starts_at, Schedule.id) > tuple_(literal(starts_at), literal(after))]


def _count(filters: Filters, now: datetime) -> int:
    some = on_sale.joined(select(Schedule.id)).where(*on_sale.conditions(now), *on_sale.fitting(filters))
    counted = select(func.count()).select_from(some.limit(MOST_COUNTED + 1).subquery())
    return db.session.scalar(counted) or 0
