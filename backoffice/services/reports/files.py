"""Reports as files: the values of tables and rows as spreadsheets take them, and CSV as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from backoffice.domain.times import to_local
from backoffice.services.reports import rows
from backoffice.services.reports.tables import INSTANT, MONEY, PERCENT, Column, Detail, Result

Write = Callable[[Any], Any]


def table_header(result: Result) -> list[str]:
    """The headings of a report's file; every table has the same."""
    first = result.tables[0]
    return ["Currency", first.first_heading, *(column.label for column in first.columns)]


def table_rows(result: Result) -> Iterator[list[Any]]:
    """The lines of all tables, each with its currency. No totals: a spreadsheet adds up by itself."""
    for table in result.tables:
        writers = [writer_of(column, result.asked.zone) for column in table.columns]
        for line in table.lines:
            values = [write(value) for write, value in zip(writers, line.values, strict=True)]
            yield [table.currency, line.label, *values]


def detail_header(detail: Detail) -> list[str]:
    """The headings of a drill-down's file."""
    return [*(column.label for column in detail.columns), "Currency"]


def detail_rows(reader: Session, detail: Detail, zone: str) -> Iterator[list[Any]]:
    """All rows of a drill-down, as spreadsheets take them."""
    writers = [writer_of(column, zone) for column in detail.columns]
    found = rows.stream(reader, detail)
    return (
        [*(write(value) for write, value in zip(writers, row, strict=True)), detail.currency] for row in found
    )


def writer_of(column: Column, zone: str) -> Write:
    """How the values of a column are written into a file: pounds, per cent, local time."""
    if column.kind == MONEY:
        return major_units
    if column.kind == PERCENT:
        return major_units
    if column.kind == INSTANT:
        return lambda instant: local_time(instant, zone)
    return lambda value: value


def major_units(minor: int | None) -> Decimal | None:
    """Pence as pounds, basis points as per cent."""
    return None if minor is None else Decimal(minor).scaleb(-2)


def local_time(instant: datetime | None, zone: str) -> datetime | None:
    """A UTC instant on the provider's clock."""
    return None if instant is None else to_local(instant, zone).replace(tzinfo=None)
