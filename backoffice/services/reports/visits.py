"""How many visits became bookings: the steps on the way, by step and by course (S1-55)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.domain.money import round_half_up
from backoffice.domain.visits import STEPS
from backoffice.services.reports import standing
from backoffice.services.reports.occupancy import read_id
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

CONFIRMED = "booking_confirmed"
LABELS = STEPS | {CONFIRMED: "Have a confirmed booking"}
REMARK = (
    "A visit is one browser on one day; nobody is followed into the next, and whoever asks not to be counted is not. "
    "Steps are kept for 13 months."
)
# The visits of the period with what each has reached. A later step counts for those before it: who comes by a link
# straight to a date has not looked at the catalogue.
_IN_PERIOD = """e.occurred_at >= CAST(:first AS date)::timestamp AT TIME ZONE :zone
   AND e.occurred_at < (CAST(:last AS date) + 1)::timestamp AT TIME ZONE :zone"""
_EVENTS = f"""
SELECT e.visit, e.event_type, e.occurred_at, e.course_id, e.device_type, e.referrer
  FROM analytics_events e WHERE {_IN_PERIOD}
 UNION ALL
SELECT e.visit, 'booking_confirmed', b.confirmed_at, e.course_id, e.device_type, e.referrer
  FROM analytics_events e JOIN bookings b ON b.tenant_id = e.tenant_id AND b.id = e.booking_id
 WHERE e.event_type = 'booking_held' AND b.confirmed_at IS NOT NULL AND {_IN_PERIOD}
"""  # noqa: S608 - names of our own
_REACHED = f"""
SELECT visit, max(array_position(CAST(:steps AS text[]), event_type)) AS reached,
       min(device_type) AS device, min(referrer) AS referrer, min(occurred_at) AS began
  FROM ({_EVENTS}) e GROUP BY visit
"""  # noqa: S608 - names of our own
_BY_STEP = """
SELECT step, (SELECT count(*) FROM reached WHERE reached.reached >= array_position(CAST(:steps AS text[]), step))
  FROM unnest(CAST(:steps AS text[])) AS step
"""
_FUNNEL = f"WITH reached AS ({_REACHED}) {_BY_STEP}"  # noqa: S608 - names of our own
_SHARES = f"""
SELECT {{column}} AS label, count(*),
       count(*) FILTER (WHERE reached = array_position(CAST(:steps AS text[]), 'booking_confirmed'))
  FROM ({_REACHED}) r GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15
"""  # noqa: S608 - names of our own
_BY_COURSE = f"""
SELECT e.course_id::text AS key, c.title AS label, count(DISTINCT e.visit),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type IN ('booking_begun', 'booking_held')),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type = 'booking_held'),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type = 'booking_confirmed')
  FROM ({_EVENTS}) e JOIN courses c ON c.id = e.course_id
 GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""  # noqa: S608 - names of our own
_STEP_ROWS = f"""
SELECT NULL::text AS link_kind, NULL::uuid AS link_id, r.began AS at,
       to_char(r.began AT TIME ZONE :zone, 'FMDD Mon YYYY HH24:MI') AS began_at,
       r.device, coalesce(r.referrer, '') AS referrer, 1 AS visits
  FROM ({_REACHED}) r WHERE r.reached >= array_position(CAST(:steps AS text[]), CAST(:step AS text))
"""  # noqa: S608 - names of our own
_COURSE_ROWS = f"""
SELECT NULL::text AS link_kind, NULL::uuid AS link_id, min(e.occurred_at) AS at,
       to_char(min(e.occurred_at) AT TIME ZONE :zone, 'FMDD Mon YYYY HH24:MI') AS began_at,
       min(e.device_type) AS device, coalesce(min(e.referrer), '') AS referrer, 1 AS visits
  FROM ({_EVENTS}) e WHERE {{criterion}} GROUP BY e.visit
"""  # noqa: S608 - names of our own


def funnel(reader: Session, asked: Asked) -> Result:
    """A line for each step with the visits that came so far; then devices, and where visits came from."""
    found = dict(standing.fetch(reader, _FUNNEL, _values(asked)))
    lines, first, before = [], found.get("catalogue_view", 0), None
    for step, label in LABELS.items():
        count = found.get(step, 0)
        lines.append(Line(step, label, (count, _share(count, before), _share(count, first))))
        before = count
    columns = (
        Column("Visits", COUNT),
        Column("Of the step before", PERCENT),
        Column("Of all visits", PERCENT),
    )
    tables = [Table(None, columns, lines, None, first_heading="Step")]
    for title, column, unknown in (
        ("By device", "device", ""),
        ("By site", "referrer", "Directly, or not said"),
    ):
        tables.append(_shares(reader, asked, title, column, unknown))
    return Result(asked, tables, [REMARK])


def _shares(reader: Session, asked: Asked, title: str, column: str, unknown: str) -> Table:
    rows = standing.fetch(reader, _SHARES.format(column=column), _values(asked))
    lines = [
        Line(
            None,
            (label or unknown).capitalize() if column == "device" else label or unknown,
            _with_rate(figures),
        )
        for label, *figures in rows
    ]
    columns = (Column("Visits", COUNT), Column("With a booking", COUNT), Column("Conversion", PERCENT))
    return Table(
        None, columns, lines, None, title=title, first_heading=title.removeprefix("By ").capitalize()
    )


def by_course(reader: Session, asked: Asked) -> Result:
    """A line for each course that was looked at, the most looked at first."""
    rows = standing.fetch(reader, _BY_COURSE, _values(asked))
    lines = [Line(key, label, _with_rate(figures)) for key, label, *figures in rows]
    columns = (
        Column("Visits", COUNT),
        Column("Began to book", COUNT),
        Column("Held places", COUNT),
        Column("With a booking", COUNT),
        Column("Conversion", PERCENT),
    )
    return Result(asked, [Table(None, columns, lines, None, first_heading="Course")], [REMARK])


def _with_rate(figures: Sequence[int]) -> tuple[Any, ...]:
    """The figures, and the last as a share of the first in basis points."""
    return (*figures, _share(figures[-1], figures[0]))


def _share(part: int, whole: int | None) -> int | None:
    return round_half_up(part * 10_000, whole) if whole else None


def _values(asked: Asked) -> dict[str, Any]:
    period = asked.period
    return {"zone": asked.zone, "first": period.first, "last": period.last, "steps": list(LABELS)}


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The visits that came as far as a step, or that looked at a course. Raises NotFound for an unknown one."""
    columns = (
        Column("Began", TEXT, "began_at"),
        Column("Device", TEXT, "device"),
        Column("Came from", TEXT, "referrer"),
        Column("Visits", COUNT, "visits"),
    )
    values = _values(asked)
    if asked.report == "visits":
        if key is not None and key not in LABELS:
            raise NotFound("There is no such step.")
        sql, more = _STEP_ROWS, {"step": key or "catalogue_view"}
    else:
        sql, more = _course_rows(key)
    return Detail("Visits", columns, sql, values | more, None, "visits", order="at")


def _course_rows(key: str | None) -> tuple[str, dict[str, Any]]:
    if key is None:
        return _COURSE_ROWS.format(criterion="e.course_id IS NOT NULL"), {}
    return _COURSE_ROWS.format(criterion="e.course_id = :course"), {"course": read_id(key)}


VISITS = (
    Report(
        "visits",
        "From a visit to a booking",
        "How many visits to the public site reach each step on the way to a booking, and from where they come.",
        "Public site",
        funnel,
        detail_of,
        counted="By the day of the visit",
    ),
    Report(
        "visits-by-course",
        "Visits and bookings by course",
        "Which courses are looked at, and how many of these visits end with a booking.",
        "Public site",
        by_course,
        detail_of,
        counted="By the day of the visit",
    ),
)
