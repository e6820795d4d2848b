"""How many visits became bookings: the steps on the way, by step and by course (S1-55)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
COLUMN_OF = {"visits-by-device": "device", "visits-by-site": "referrer"}
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
SELECT coalesce({{column}}, '') AS key, count(*),
       count(*) FILTER (WHERE reached = array_position(CAST(:steps AS text[]), 'booking_confirmed'))
  FROM ({_REACHED}) r GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608 - names of our own
_BY_COURSE = f"""
SELECT {{who}}, count(DISTINCT e.visit),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type IN ('booking_begun', 'booking_held')),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type = 'booking_held'),
       count(DISTINCT e.visit) FILTER (WHERE e.event_type = 'booking_confirmed')
  FROM ({_EVENTS}) e JOIN courses c ON c.id = e.course_id {{grouped}}
"""  # noqa: S608 - names of our own
_VISIT_ROWS = f"""
SELECT NULL::text AS link_kind, NULL::uuid AS link_id, r.began AS at,
       to_char(r.began AT TIME ZONE :zone, 'FMDD Mon YYYY HH24:MI') AS began_at,
       r.device, coalesce(r.referrer, '') AS referrer, 1 AS visits
  FROM ({_REACHED}) r WHERE {{criterion}}
"""  # noqa: S608 - names of our own
_COURSE_ROWS = f"""
SELECT NULL::text AS link_kind, NULL::uuid AS link_id, min(e.occurred_at) AS at,
       to_char(min(e.occurred_at) AT TIME ZONE :zone, 'FMDD Mon YYYY HH24:MI') AS began_at,
       min(e.device_type) AS device, coalesce(min(e.referrer), '') AS referrer, 1 AS visits
  FROM ({_EVENTS}) e WHERE {{criterion}} GROUP BY e.visit
"""  # noqa: S608 - names of our own


def funnel(reader: Session, asked: Asked) -> Result:
    """A line for each step with the visits that came so far."""
    found = dict(standing.fetch(reader, _FUNNEL, _values(asked)))
    lines, everybody, before = [], found["catalogue_view"], None
    for step, label in LABELS.items():
        count = found[step]
        lines.append(Line(step, label, (count, _share(count, before), _share(count, everybody))))
        before = count
    columns = (
        Column("Visits", COUNT),
        Column("Of the step before", PERCENT),
        Column("Of all visits", PERCENT),
    )
    return Result(
        asked, [Table(None, columns, lines, (everybody, None, None), first_heading="Step")], [REMARK]
    )


def by_device(reader: Session, asked: Asked) -> Result:
    """A line for each kind of device."""
    return _shares(reader, asked, "Device", str.capitalize)


def by_site(reader: Session, asked: Asked) -> Result:
    """A line for each web site that visits came from."""
    return _shares(reader, asked, "Came from", lambda site: site or "Directly, or not said")


def _shares(reader: Session, asked: Asked, heading: str, say: Callable[[str], str]) -> Result:
    rows = standing.fetch(reader, _SHARES.format(column=COLUMN_OF[asked.report]), _values(asked))
    lines = [Line(key, say(key), _with_rate(figures)) for key, *figures in rows]
    total = _with_rate([sum(row[1] for row in rows), sum(row[2] for row in rows)])
    columns = (Column("Visits", COUNT), Column("With a booking", COUNT), Column("Conversion", PERCENT))
    return Result(asked, [Table(None, columns, lines, total, first_heading=heading)], [REMARK])


def by_course(reader: Session, asked: Asked) -> Result:
    """A line for each course that was looked at; who looked at two counts once in the total."""
    each = _BY_COURSE.format(
        who="e.course_id::text, c.title", grouped="GROUP BY e.course_id, c.title ORDER BY 3 DESC, 2"
    )
    rows = standing.fetch(reader, each, _values(asked))
    lines = [Line(key, label, _with_rate(figures)) for key, label, *figures in rows]
    [(_, *everybody)] = standing.fetch(reader, _BY_COURSE.format(who="''", grouped=""), _values(asked))
    columns = (
        Column("Visits", COUNT),
        Column("Began to book", COUNT),
        Column("Held places", COUNT),
        Column("With a booking", COUNT),
        Column("Conversion", PERCENT),
    )
    return Result(
        asked, [Table(None, columns, lines, _with_rate(everybody), first_heading="Course")], [REMARK]
    )


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
    sql, more = _rows(asked.report, key)
    return Detail("Visits", columns, sql, _values(asked) | more, None, "visits", order="at")


def _rows(report: str, key: str | None) -> tuple[str, dict[str, Any]]:
    if report == "visits-by-course":
        if key is None:
            return _COURSE_ROWS.format(criterion="e.course_id IS NOT NULL"), {}
        return _COURSE_ROWS.format(criterion="e.course_id = :course"), {"course": read_id(key)}
    if key is None:
        return _VISIT_ROWS.format(criterion="true"), {}
    if report == "visits":
        if key not in LABELS:
            raise NotFound("There is no such step.")
        reached = "r.reached >= array_position(CAST(:steps AS text[]), CAST(:step AS text))"
        return _VISIT_ROWS.format(criterion=reached), {"step": key}
    return _VISIT_ROWS.format(criterion=f"coalesce(r.{COLUMN_OF[report]}, '') = :key"), {"key": key[:253]}


VISITS = (
    Report(
        "visits",
        "From a visit to a booking",
        "How many visits to the public site reach each step on the way to a booking.",
        "Public site",
        funnel,
        detail_of,
        counted="By the day of the visit",
    ),
    Report(
        "visits-by-device",
        "Visits and bookings by device",
        "On what kind of device people visit, and how many of these visits end with a booking.",
        "Public site",
        by_device,
        detail_of,
        counted="By the day of the visit",
    ),
    Report(
        "visits-by-site",
        "Visits and bookings by web site",
        "From which other web sites people come, and how many of these visits end with a booking.",
        "Public site",
        by_site,
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
