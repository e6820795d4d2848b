"""Days that are over, summed up once: a job keeps them ready, a report reads them and adds up the other days itself.

Why this is exact: whoever changes something of a day that is over writes a mark in the same transaction. The job reads marks
and rows in one moment, and takes away only the marks that it saw; a report in one moment trusts only days without a mark.
Two jobs at once meet on the row of the day, and the later one starts again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backoffice.database import db
from backoffice.domain.times import to_local
from backoffice.models import Tenant
from backoffice.services.reports import lines
from backoffice.services.reports.figures import Figures, span_values
from backoffice.services.reports.lines import BOOKED, PAID, TAUGHT
from backoffice.services.reports.periods import Period
from backoffice.services.reports.snapshot import ROOM
from backoffice.services.reports.tables import Asked
from backoffice.tenancy import current_tenant_id

# A change within half a day of what it is about writes no mark (see the migration of the marks); no transaction is as long.
REST = timedelta(hours=24)
# So many that a provider's whole past takes few statements, so few that a transaction is not long.
DAYS_AT_ONCE = 366
# How many statements a report may take, and the job, which must not do ready days again between marked ones.
MOST_SPANS, MOST_SPANS_OF_JOB = 6, 40
# From so many days on, VAT is worked out in one pass over all bookings.
MANY_DAYS = 120
LONGEST_DAYS = 20 * 366

_UNREADY = """
SELECT each::date FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') each
  LEFT JOIN report_days r ON r.basis = :basis AND r.day = each::date AND r.time_zone = :zone
 WHERE r.day IS NULL
 UNION
SELECT (happened_at AT TIME ZONE :zone)::date FROM report_marks
 WHERE basis = :basis AND happened_at >= :begin AND happened_at < :end
 ORDER BY 1
"""
_SUMS = """
SELECT currency, {key} AS key, sum(gross_minor)::bigint, sum(refunded_minor)::bigint, sum(vat_minor)::bigint,
       sum(bookings)::bigint, sum(places)::bigint
  FROM report_sums
 WHERE basis = :basis AND dimension = :dimension AND day BETWEEN :first AND :last AND day <> ALL (:unready)
 GROUP BY 1, 2
"""
# The first day that has anything to sum up.
_FIRST = {
    PAID: "SELECT least((SELECT min(paid_at) FROM payments), (SELECT min(succeeded_at) FROM refunds))",
    BOOKED: "SELECT min(booked_at) FROM bookings",
    TAUGHT: "SELECT min(starts_at) FROM schedules",
}


def read(reader: Session, asked: Asked, dimension: str, period: Period) -> Figures:
    """The figures of a period: from the days that are ready, and from the rows of those that are not. Exact."""
    unready = _unready(reader, asked.basis, asked.zone, period)
    found = Figures({})
    if len(unready) < (period.last - period.first).days + 1:
        _add_ready(reader, asked, dimension, period, unready, found)
    for span in spans(unready):
        statement = text(lines.by_dimension(asked.basis, dimension, are_many=_are_many(span)))
        for currency, key, *sums in reader.execute(statement, span_values(asked, span)):
            found.add(currency, key, sums)
    return found


def _add_ready(
    reader: Session, asked: Asked, dimension: str, period: Period, unready: Sequence[date], found: Figures
) -> None:
    """Spans that are read live swallow the ready days between them: these are left out here."""
    live = [day for span in spans(unready) for day in _days(span)]
    key = "to_char(day, 'YYYY-MM')" if dimension == "all" else "key"
    values = {
        "basis": asked.basis,
        "dimension": dimension,
        "first": period.first,
        "last": period.last,
        "unready": live,
    }
    for currency, name, *sums in reader.execute(text(_SUMS.format(key=key)), values):
        found.add(currency, name, sums)


def _unready(reader: Session, basis: str, zone: str, period: Period) -> list[date]:
    begin, end = period.instants(zone)
    values = {"basis": basis, "zone": zone, "first": period.first, "last": period.last}
    return list(reader.execute(text(_UNREADY), values | {"begin": begin, "end": end}).scalars())


def _are_many(span: Period) -> bool:
    return (span.last - span.first).days >= MANY_DAYS


def spans(days: Iterable[date], most: int = MOST_SPANS) -> list[Period]:
    """The days as at most so many periods, in order; where there would be more, the nearest ones are joined."""
    found: list[Period] = []
    for day in days:
        if found and day <= found[-1].last + timedelta(days=1):
            found[-1] = Period(found[-1].first, day)
        else:
            found.append(Period(day, day))
    while len(found) > most:
        at = min(range(len(found) - 1), key=lambda place: found[place + 1].first - found[place].last)
        found[at : at + 2] = [Period(found[at].first, found[at + 1].last)]
    return found


def _days(period: Period) -> Iterable[date]:
    return (period.first + timedelta(days=number) for number in range((period.last - period.first).days + 1))


# --- The job ---


def last_ready(now: datetime, zone: str) -> date:
    """The last local day that may be summed up."""
    return to_local(now - REST, zone).date() - timedelta(days=1)


def refresh(now: datetime, basis: str) -> int:
    """Sum up the next days of a basis that are not ready or have changed; how many days. Commit it.

    Everything is read in one moment, so call it first in a transaction; one that is overtaken is tried again.
    """
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    db.session.execute(text(ROOM))
    tenant = db.session.get_one(Tenant, current_tenant_id())
    zone = tenant.time_zone
    begun = db.session.scalar(text(_FIRST[basis]))
    if begun is None:
        return 0
    last = last_ready(now, zone)
    first = max(to_local(begun, zone).date(), last - timedelta(days=LONGEST_DAYS))
    if first > last:
        return 0
    unready = _unready(db.session(), basis, zone, Period(first, last))[:DAYS_AT_ONCE]
    for span in spans(unready, MOST_SPANS_OF_JOB):
        _sum_up(basis, span, zone, now)
    return len(unready)


def _sum_up(basis: str, span: Period, zone: str, now: datetime) -> None:
    begin, end = span.instants(zone)
    values: dict[str, Any] = {
        "basis": basis,
        "zone": zone,
        "now": now,
        "begin": begin,
        "end": end,
        "first": span.first,
        "last": span.last,
        "tenant": current_tenant_id(),
    }
    for statement in (_READY, _FORGET, _sums_of(basis, span), _UNMARK):
        db.session.execute(text(statement), values)


# First the row of the day: a second job waits here, and then starts again.
_READY = """
INSERT INTO report_days (tenant_id, basis, day, time_zone)
SELECT :tenant, :basis, day::date, :zone
  FROM generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') day
    ON CONFLICT (tenant_id, basis, day) DO UPDATE SET time_zone = excluded.time_zone
"""
_FORGET = "DELETE FROM report_sums WHERE basis = :basis AND day BETWEEN :first AND :last"
_UNMARK = "DELETE FROM report_marks WHERE basis = :basis AND happened_at >= :begin AND happened_at < :end"


def _sums_of(basis: str, span: Period) -> str:
    return (
        "INSERT INTO report_sums (tenant_id, basis, day, currency, dimension, key, gross_minor, refunded_minor, "  # noqa: S608
        "vat_minor, bookings, places) SELECT :tenant, :basis, found.* "
        f"FROM ({lines.by_day_and_dimension(basis, are_many=_are_many(span))}) found"
    )


def refresh_all(now: datetime, seconds: float, commit: Any) -> int:
    """Every basis until nothing is left or the time is up; `commit` runs one piece of work and commits it."""
    deadline, total = time.monotonic() + seconds, 0
    for basis in lines.BASES:
        while time.monotonic() < deadline:
            done = commit(lambda basis=basis: refresh(now, basis))
            total += done
            if done < DAYS_AT_ONCE:
                break
    return total
