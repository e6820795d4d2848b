"""Revenue by month, course, type, venue, instructor, source, discount code and method, beside the year before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.money import round_half_up
from backoffice.models import Course, CourseType, DiscountCode, Instructor, Venue
from backoffice.services.reports import periods, rollup
from backoffice.services.reports.figures import Figures, Sums
from backoffice.services.reports.lines import BOOKED, PAID, TAUGHT
from backoffice.services.reports.revenue_rows import detail_of
from backoffice.services.reports.tables import (
    COUNT,
    PERCENT,
    Asked,
    Column,
    Line,
    Report,
    Result,
    Table,
)
from backoffice.services.reports.words import METHODS, NO_BOOKING, SOURCES

# dimension → heading of the first column, and what stands for "none of it".
HEADINGS = {
    "month": ("Month", ""),
    "course": ("Course", "No course"),
    "type": ("Course type", "No type"),
    "venue": ("Venue", "No venue"),
    "instructor": ("Instructor", "No instructor yet"),
    "source": ("Source", "Unknown"),
    "code": ("Discount code", "Without a code"),
    "method": ("Paid by", "Unknown"),
}
PAID_COLUMNS = tuple(
    map(Column, ("Received", "Given back", "Net", "VAT", "Net without VAT", "Net a year before"))
)
SOLD_COLUMNS = (
    Column("Value"),
    Column("VAT"),
    Column("Value without VAT"),
    Column("Bookings", COUNT),
    Column("Places", COUNT),
    Column("Average booking"),
    Column("Value a year before"),
)
AVERAGE_COLUMN = 5
CHANGE = Column("Change", PERCENT)


def change_bp(now: int, before: int) -> int | None:
    """How much more than before, in basis points; None where there was nothing to compare with."""
    if before <= 0:
        return None
    return round_half_up((now - before) * 10_000, before)


def average_minor(sums: Sums) -> int | None:
    """Minor units for each booking, rounded half up; None without bookings."""
    return round_half_up(sums.net_minor, sums.bookings) if sums.bookings else None


def run(dimension: str, reader: Session, asked: Asked) -> Result:
    """The figures of the period, of each currency in a table of its own."""
    now = read(reader, asked, dimension, asked.period)
    before = read(reader, asked, dimension, asked.period.a_year_before())
    currencies = sorted({asked.currency, *now.by_currency, *before.by_currency}, key=_first(asked.currency))
    labels = labels_of(reader, dimension, _keys((now, before)))
    return Result(asked, [_table(dimension, asked, each, now, before, labels) for each in currencies])


def run_averages(reader: Session, asked: Asked) -> Result:
    """The months once more, with what a booking is worth drawn instead of the sums."""
    result = run("month", reader, asked)
    return replace(result, tables=[replace(table, charted=AVERAGE_COLUMN) for table in result.tables])


def read(reader: Session, asked: Asked, dimension: str, period: periods.Period) -> Figures:
    found = rollup.read(reader, asked, {"month": "all", "type": "course"}.get(dimension, dimension), period)
    return _by_type(reader, found) if dimension == "type" else found


def _by_type(reader: Session, by_course: Figures) -> Figures:
    """A course belongs to the type that it has now."""
    types = {
        str(course): str(kind) for course, kind in reader.execute(select(Course.id, Course.course_type_id))
    }
    found = Figures({})
    for currency, sums in by_course.by_currency.items():
        for key, each in sums.items():
            found.add(currency, types.get(key, key), each)
    return found


def _first(currency: str) -> Any:
    return lambda each: (each != currency, each)


def _keys(found: Iterable[Figures]) -> set[str]:
    return {key for each in found for sums in each.by_currency.values() for key in sums}


def _table(
    dimension: str, asked: Asked, currency: str, now: Figures, before: Figures, labels: dict[str, str]
) -> Table:
    current, earlier = now.of(currency), before.of(currency)
    if dimension == "month":
        current = {month: current.get(month, Sums()) for month in asked.period.months()}
        earlier = {_a_year_later(month): sums for month, sums in earlier.items()}
        order = sorted({*current, *earlier})
    else:
        order = sorted(
            {*current, *earlier},
            key=lambda key: (-current.get(key, Sums()).net_minor, labels.get(key, "").lower(), key),
        )
    cells = partial(_cells, asked.basis)
    lines = [
        Line(
            key,
            periods.say_month(key) if dimension == "month" else labels.get(key, "Removed"),
            cells(current.get(key), earlier.get(key)),
        )
        for key in order
    ]
    total = cells(_sum(current.values()), _sum(earlier.values()))
    columns = (*(PAID_COLUMNS if asked.basis == PAID else SOLD_COLUMNS), CHANGE)
    charted = 2 if asked.basis == PAID else 0
    return Table(currency, columns, lines, total, charted=charted, first_heading=HEADINGS[dimension][0])


def _a_year_later(month: str) -> str:
    return f"{int(month[:4]) + 1:04}{month[4:]}"


def _sum(parts: Iterable[Sums]) -> Sums:
    total = Sums()
    for each in parts:
        total = total.plus(each)
    return total


def _cells(basis: str, now: Sums | None, before: Sums | None) -> tuple[Any, ...]:
    current, earlier = now or Sums(), before or Sums()
    change = change_bp(current.net_minor, earlier.net_minor)
    if basis == PAID:
        return (
            *(current.gross_minor, current.refunded_minor, current.net_minor, current.vat_minor),
            *(current.ex_vat_minor, earlier.net_minor, change),
        )
    return (
        *(current.gross_minor, current.vat_minor, current.ex_vat_minor, current.bookings, current.places),
        *(average_minor(current), earlier.gross_minor, change),
    )


def labels_of(reader: Session, dimension: str, keys: set[str]) -> dict[str, str]:
    """What people call the keys of a dimension."""
    if dimension == "month":
        return {}
    known = {"-": NO_BOOKING, "": HEADINGS[dimension][1]}
    if dimension in ("source", "method"):
        words = SOURCES if dimension == "source" else METHODS
        return {key: words.get(key, key) for key in keys} | known
    named: dict[str, Any] = {
        "course": Course.title,
        "type": CourseType.title,
        "venue": Venue.name,
        "instructor": Instructor.name,
        "code": DiscountCode.code,
    }
    column = named[dimension]
    ids = [UUID(key) for key in keys if len(key) > 1]
    model = column.class_
    rows = reader.execute(select(model.id, column).where(model.id.in_(ids))) if ids else ()
    return {str(row_id): name for row_id, name in rows} | known


def _report(dimension: str, words: str, says: str, bases: tuple[str, ...] = (PAID, BOOKED, TAUGHT)) -> Report:
    return Report(
        f"revenue-by-{dimension}",
        f"Revenue by {words}",
        says,
        "Revenue",
        partial(run, dimension),
        partial(detail_of, dimension),
        bases,
    )


REPORTS = (
    _report("month", "month", "What came in and went back each month, beside the year before."),
    _report("course", "course", "Which courses earn the money."),
    _report("type", "course type", "The same by type of course."),
    _report("venue", "venue", "Which rooms earn the money."),
    _report("instructor", "instructor", "By who teaches first on the first day of each date."),
    _report("source", "source", "Taken by phone, on the web, through the interface or from a spreadsheet."),
    _report("code", "discount code", "What was sold with each code, and without one."),
    _report("method", "way of paying", "Cash, card, transfer and each gateway."),
)
AVERAGE = Report(
    "average-booking",
    "Average booking value",
    "What a booking is worth, month by month.",
    "Revenue",
    run_averages,
    partial(detail_of, "month"),
    (BOOKED, TAUGHT),
)
