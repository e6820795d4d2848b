"""How many of the certificates that ended were renewed, by month and by course."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.domain.money import round_half_up
from backoffice.services.certificates.renewal import newer_sql
from backoffice.services.reports import periods, standing
from backoffice.services.reports.given_back import within
from backoffice.services.reports.occupancy import read_id
from backoffice.services.reports.periods import Period
from backoffice.services.reports.tables import (
    COUNT,
    PERCENT,
    TEXT,
    Asked,
    Column,
    Detail,
    Line,
    Report,
    Result,
    Table,
)

COLUMNS = (
    Column("Ended", COUNT),
    Column("Renewed in time", COUNT),
    Column("Renewed late", COUNT),
    Column("Not renewed", COUNT),
    Column("Renewal rate", PERCENT),
)
RATE = 4
REMARK = (
    "Certificates whose last day is over. Renewed: the same person passed the course again, or the one that requalifies "
    "for it; in time: by the last day."
)
# Those whose last day is over by now. What was replaced by a corrected one counts once; what was revoked does not.
_ENDED = f"""
SELECT c.tenant_id, c.id, c.number, c.expires_on, c.course_id, c.course_title,
       trim(concat(c.holder_first_name, ' ', c.holder_last_name)) AS holder, co.name AS company, newer.taught_on
  FROM certificates c
  JOIN bookings b ON b.tenant_id = c.tenant_id AND b.id = c.booking_id
  LEFT JOIN companies co ON co.tenant_id = b.tenant_id AND co.id = b.company_id
  LEFT JOIN LATERAL (SELECT min(n.taught_until) AS taught_on {newer_sql("c")}) newer ON true
 WHERE c.status = 'valid' AND c.expires_on BETWEEN CAST(:first AS date) AND CAST(:last AS date)
   AND c.expires_on < (CAST(:now AS timestamptz) AT TIME ZONE :zone)::date
"""  # noqa: S608 - names of our own
_FIGURES = """count(*), count(*) FILTER (WHERE taught_on <= expires_on), count(*) FILTER (WHERE taught_on > expires_on),
       count(*) FILTER (WHERE taught_on IS NULL)"""
_BY_MONTH = f"""
SELECT to_char(expires_on, 'YYYY-MM') AS key, '' AS label, {_FIGURES} FROM ({_ENDED}) e GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - names of our own
_BY_COURSE = f"""
SELECT e.course_id::text AS key, c.title AS label, {_FIGURES}
  FROM ({_ENDED}) e JOIN courses c ON c.tenant_id = e.tenant_id AND c.id = e.course_id
 GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""  # noqa: S608 - names of our own
_ROWS = """
SELECT 'certificates' AS link_kind, e.id AS link_id, e.expires_on::timestamp AT TIME ZONE :zone AS at,
       to_char(e.expires_on, 'FMDD Mon YYYY') AS ended_on, e.number AS reference, e.holder, e.company, e.course_title AS course,
       coalesce(to_char(e.taught_on, 'FMDD Mon YYYY'), '') AS renewed_on, 1 AS ended,
       (e.taught_on IS NOT NULL)::int AS renewed
  FROM ({ended}) e WHERE {criterion}
"""


def by_month(reader: Session, asked: Asked) -> Result:
    """A line for each month of the period."""
    found = {row[0]: row[2:] for row in standing.fetch(reader, _BY_MONTH, _values(asked, asked.period))}
    lines = [
        Line(month, periods.say_month(month), _with_rate(found.get(month, (0, 0, 0, 0))))
        for month in asked.period.months()
    ]
    return Result(asked, [_table("Month", lines)], [REMARK])


def by_course(reader: Session, asked: Asked) -> Result:
    """A line for each course of which a certificate ended, those with most first."""
    found = standing.fetch(reader, _BY_COURSE, _values(asked, asked.period))
    lines = [Line(row[0], row[1], _with_rate(row[2:])) for row in found]
    return Result(asked, [_table("Course", lines)], [REMARK])


def _table(heading: str, lines: Sequence[Line]) -> Table:
    sums = tuple(sum(int(line.values[place]) for line in lines) for place in range(RATE))
    return Table(None, COLUMNS, lines, _with_rate(sums), charted=RATE, first_heading=heading)


def _with_rate(figures: Sequence[Any]) -> tuple[Any, ...]:
    """The four numbers and the share of those renewed, in basis points; none where nothing ended."""
    ended, in_time, late, not_renewed = figures
    rate = round_half_up((in_time + late) * 10_000, ended) if ended else None
    return ended, in_time, late, not_renewed, rate


def _values(asked: Asked, period: Period) -> dict[str, Any]:
    return {"zone": asked.zone, "now": asked.now, "first": period.first, "last": period.last}


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The certificates of a month or of a course; all without a key. Raises NotFound for an unknown one."""
    columns = (
        Column("Ended", TEXT, "ended_on"),
        Column("Certificate", TEXT, "reference"),
        Column("Holder", TEXT, "holder"),
        Column("Company", TEXT, "company"),
        Column("Course", TEXT, "course"),
        Column("Renewed on", TEXT, "renewed_on"),
        Column("Certificates", COUNT, "ended"),
        Column("Renewed", COUNT, "renewed"),
    )
    period, criterion, values = asked.period, "true", {}
    if key is not None and len(key) == len("2026-03"):
        period = within(asked, key)
    elif key is not None:
        criterion, values = "e.course_id = :course", {"course": read_id(key)}
        if not _is_listed(reader, asked, key):
            raise NotFound("This course is not in the report.")
    sql = _ROWS.format(ended=_ENDED, criterion=criterion)
    return Detail("Certificates that ended", columns, sql, _values(asked, period) | values, None, "ended")


def _is_listed(reader: Session, asked: Asked, key: str) -> bool:
    rows = standing.fetch(reader, _BY_COURSE, _values(asked, asked.period))
    return any(row[0] == str(read_id(key)) for row in rows)


_SAYS = "How many of the certificates that ended were renewed, in time or late, by {}."
_COUNTED = "By the last day of a certificate"
RENEWALS = (
    Report(
        "renewals",
        "Renewal rate by month",
        _SAYS.format("month"),
        "Certificates",
        by_month,
        detail_of,
        counted=_COUNTED,
    ),
    Report(
        "renewals-by-course",
        "Renewal rate by course",
        _SAYS.format("course"),
        "Certificates",
        by_course,
        detail_of,
        counted=_COUNTED,
    ),
)
