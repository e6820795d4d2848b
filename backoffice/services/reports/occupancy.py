"""How full the dates of a period were."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.domain.money import round_half_up
from backoffice.services.reports import standing
from backoffice.services.reports.figures import span_values
from backoffice.services.reports.lines import TAUGHT
from backoffice.services.reports.tables import (
    COUNT,
    INSTANT,
    PERCENT,
    TEXT,
    Asked,
    Column,
    Detail,
    Report,
    Result,
    Table,
)

MOST_LINES = 1000
COLUMNS = (
    Column("Places", COUNT),
    Column("Taken", COUNT),
    Column("Left", COUNT),
    Column("Full", PERCENT),
    Column("Value"),
)
# Drafts cannot be booked, and a cancelled date has no places.
_DATES = """
SELECT s.currency, s.id, s.starts_at, s.capacity, s.seats_taken, s.tenant_id, s.course_id, s.venue_id, s.time_zone,
       coalesce((SELECT sum(b.total_minor) FROM bookings b
                  WHERE b.tenant_id = s.tenant_id AND b.schedule_id = s.id
                    AND b.status IN ('pending', 'confirmed', 'completed', 'no_show')), 0)::bigint AS value_minor
  FROM schedules s
 WHERE s.status IN ('published', 'completed') AND s.starts_at >= :begin AND s.starts_at < :end
"""
_LINES = f"""
SELECT d.currency, d.id::text, to_char(d.starts_at AT TIME ZONE d.time_zone, 'FMDD Mon YYYY') || ' · ' || c.title,
       d.capacity, d.seats_taken, d.capacity - d.seats_taken,
       round(10000.0 * d.seats_taken / d.capacity)::int, d.value_minor
  FROM ({_DATES}) d JOIN courses c ON c.tenant_id = d.tenant_id AND c.id = d.course_id
 ORDER BY d.starts_at, d.id LIMIT {MOST_LINES}
"""  # noqa: S608 - names and numbers of our own
_TOTALS = f"""
SELECT currency, count(*), sum(capacity)::bigint, sum(seats_taken)::bigint, sum(value_minor)::bigint
  FROM ({_DATES}) d GROUP BY 1
"""  # noqa: S608 - names of our own


def run(reader: Session, asked: Asked) -> Result:
    """A line for each date, the first thousand; the sums are those of all."""
    values = span_values(asked, asked.period)
    made = standing.tables(
        standing.fetch(reader, _LINES, values), COLUMNS, asked.currency, heading="Date", charted=3
    )
    totals = {row[0]: row[1:] for row in standing.fetch(reader, _TOTALS, values)}
    remarks = [
        f"The first {MOST_LINES:,} of {row[0]:,} dates are listed; the sums are those of all."
        for row in totals.values()
        if row[0] > MOST_LINES
    ]
    return Result(asked, [_with_total(table, totals.get(table.currency)) for table in made], remarks)


def _with_total(table: Table, total: tuple[Any, ...] | None) -> Table:
    _, capacity, taken, value = total or (0, 0, 0, 0)
    full = round_half_up(taken * 10_000, capacity) if capacity else None
    sums = (capacity, taken, capacity - taken, full, value)
    return Table(
        table.currency,
        table.columns,
        table.lines,
        sums,
        charted=table.charted,
        first_heading=table.first_heading,
    )


_DATE_ROWS = f"""
SELECT 'schedules' AS link_kind, d.id AS link_id, d.starts_at AS at, c.title AS course, v.name AS venue,
       d.capacity, d.seats_taken, d.value_minor
  FROM ({_DATES}) d JOIN courses c ON c.tenant_id = d.tenant_id AND c.id = d.course_id
  JOIN venues v ON v.tenant_id = d.tenant_id AND v.id = d.venue_id
 WHERE d.currency = :currency
"""  # noqa: S608 - names of our own
_BOOKING_ROWS = f"""
SELECT 'bookings' AS link_kind, b.id AS link_id, b.booked_at AS at, b.reference,
       trim(b.contact_first_name || ' ' || b.contact_last_name) AS customer, b.seats AS seats_taken,
       b.total_minor AS value_minor
  FROM ({_DATES}) d JOIN bookings b ON b.tenant_id = d.tenant_id AND b.schedule_id = d.id
 WHERE d.currency = :currency AND d.id = :key
   AND b.status IN ('pending', 'confirmed', 'completed', 'no_show')
"""  # noqa: S608 - names of our own


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """Without a key the dates, with a date's id its bookings. Raises NotFound for a malformed one."""
    values = span_values(asked, asked.period) | {"currency": currency}
    columns: tuple[Column, ...]
    if key is None:
        columns = (
            Column("Starts", INSTANT, "at"),
            Column("Course", TEXT, "course"),
            Column("Venue", TEXT, "venue"),
            Column("Places", COUNT, "capacity"),
            Column("Taken", COUNT, "seats_taken"),
            Column("Value", name="value_minor"),
        )
        return Detail(f"Dates of {asked.period}", columns, _DATE_ROWS, values, currency, "value_minor")
    columns = (
        Column("Booked", INSTANT, "at"),
        Column("Booking", TEXT, "reference"),
        Column("Customer", TEXT, "customer"),
        Column("Taken", COUNT, "seats_taken"),
        Column("Value", name="value_minor"),
    )
    values |= {"key": read_id(key)}
    return Detail("Bookings of this date", columns, _BOOKING_ROWS, values, currency, "value_minor")


def read_id(key: str) -> UUID:
    """The id in an address; raises NotFound."""
    try:
        return UUID(key)
    except ValueError as error:
        raise NotFound("This row does not exist.") from error


OCCUPANCY = Report(
    "occupancy",
    "Occupancy by date",
    "How many places of each date are taken, and what they are worth.",
    "Dates",
    run,
    detail_of,
    (TAUGHT,),
    counted="By the day a date begins",
)
