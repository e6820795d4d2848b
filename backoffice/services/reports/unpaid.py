"""What is still to be paid, by how long it has been due."""

from __future__ import annotations

from sqlalchemy.orm import Session

from backoffice.domain.errors import NotFound
from backoffice.services.reports import standing
from backoffice.services.reports.lines import BOOKED, TAUGHT
from backoffice.services.reports.tables import COUNT, INSTANT, TEXT, Asked, Column, Detail, Report, Result

# key, words, and the days since: more than the first, up to the second.
AGES = (
    ("not_due", "Not due yet", None, 0),
    ("1-7", "1 to 7 days", 0, 7),
    ("8-30", "8 to 30 days", 7, 30),
    ("31-60", "31 to 60 days", 30, 60),
    ("over-60", "More than 60 days", 60, None),
)
COLUMNS = (Column("Bookings", COUNT), Column("Still to pay"))
# The day that counts, by basis: when the date begins, or when it was booked.
_DAY = {TAUGHT: "b.starts_at", BOOKED: "b.booked_at"}
_OWING = """
SELECT b.tenant_id, b.currency, b.id, b.reference, b.booked_at, b.starts_at, b.status, b.schedule_id,
       trim(b.contact_first_name || ' ' || b.contact_last_name) AS customer,
       b.total_minor, b.total_minor - b.paid_minor + b.refunded_minor AS due_minor,
       (CAST(:now AS timestamptz) AT TIME ZONE :zone)::date - ({day} AT TIME ZONE :zone)::date AS days
  FROM bookings b
 WHERE b.payment_status IN ('unpaid', 'part_paid', 'failed')
   AND b.status IN ('pending', 'confirmed', 'completed', 'no_show')
   AND b.total_minor - b.paid_minor + b.refunded_minor > 0
"""
_AGE = " ".join(
    f"WHEN days <= {until} THEN '{key}'" if until is not None else f"ELSE '{key}'"
    for key, _, _, until in AGES
)
_LINES = """
SELECT currency, CASE {ages} END AS key, '' AS label, count(*), sum(due_minor)::bigint FROM ({owing}) o GROUP BY 1, 2
"""
_ROWS = """
SELECT 'bookings' AS link_kind, o.id AS link_id, o.{day} AS at, o.reference, o.customer, c.title AS course, o.days,
       o.total_minor, o.due_minor
  FROM ({owing}) o JOIN schedules s ON s.tenant_id = o.tenant_id AND s.id = o.schedule_id
  JOIN courses c ON c.tenant_id = s.tenant_id AND c.id = s.course_id
 WHERE o.currency = :currency AND {criterion}
"""


def run(reader: Session, asked: Asked) -> Result:
    """Live bookings that are not paid in full, as they stand now."""
    sql = _LINES.format(ages=_AGE, owing=_OWING.format(day=_DAY[asked.basis]))
    rows = standing.fetch(reader, sql, {"zone": asked.zone, "now": asked.now})
    keys = [(key, words) for key, words, _, _ in AGES]
    made = standing.tables(rows, COLUMNS, asked.currency, heading="Due for", charted=1, keys=keys)
    since = "the day the course begins" if asked.basis == TAUGHT else "the day it was booked"
    return Result(asked, made, [f"The days are counted from {since}; until the day after, nothing is due."])


def detail_of(reader: Session, asked: Asked, currency: str, key: str | None) -> Detail:
    """The bookings of an age; all without one. Raises NotFound for an unknown age."""
    day = _DAY[asked.basis]
    sql = _ROWS.format(
        owing=_OWING.format(day=day), day=day.removeprefix("b."), criterion=_criterion(key) if key else "true"
    )
    columns = (
        Column("Starts" if asked.basis == TAUGHT else "Booked", INSTANT, "at"),
        Column("Booking", TEXT, "reference"),
        Column("Customer", TEXT, "customer"),
        Column("Course", TEXT, "course"),
        Column("Total", name="total_minor"),
        Column("Still to pay", name="due_minor"),
    )
    values = {"zone": asked.zone, "now": asked.now, "currency": currency}
    return Detail("Unpaid bookings", columns, sql, values, currency, "due_minor")


def _criterion(key: str) -> str:
    for name, _, more_than, until in AGES:
        if name == key:
            least = "true" if more_than is None else f"o.days > {more_than}"
            most = "true" if until is None else f"o.days <= {until}"
            return f"{least} AND {most}"
    raise NotFound("There is no such age.")


UNPAID = Report(
    "unpaid",
    "Unpaid bookings by age",
    "What customers still have to pay, and for how long.",
    "Money",
    run,
    detail_of,
    (TAUGHT, BOOKED),
    has_period=False,
)
