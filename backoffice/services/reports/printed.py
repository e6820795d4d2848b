"""Reports as they are printed: every figure in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backoffice.documents.report_pdf import PrintedReport, PrintedTable
from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant
from backoffice.services.reports import rows
from backoffice.services.reports.tables import (
    COUNT,
    INSTANT,
    MONEY,
    PERCENT,
    Column,
    Detail,
    Report,
    Result,
    Table,
)

# A file for people: who wants all rows of a year takes the spreadsheet.
MOST_ROWS = 2000


def say(column: Column, value: Any, currency: str | None, zone: str) -> str:
    """A value of a column in words; nothing for None."""
    if value is None:
        return ""
    if column.kind == MONEY:
        return format_money(int(value), currency or "")
    if column.kind == PERCENT:
        return f"{value / 100:,.1f} %"
    if column.kind == INSTANT:
        return say_instant(value, zone)
    return f"{value:,}" if column.kind == COUNT else str(value)


def of_report(report: Report, result: Result, provider: str, facts: Sequence[str]) -> PrintedReport:
    """The tables of a report."""
    made = [_table(table, result.asked.zone) for table in result.tables]
    return PrintedReport(provider, report.title, " · ".join(facts), made, result.remarks)


def of_rows(
    reader: Session, report: Report, detail: Detail, provider: str, facts: Sequence[str], zone: str
) -> PrintedReport:
    """The first rows behind a figure, and the sums of all."""
    whole = rows.extent(reader, detail)
    found = [rows.spoken(row, detail) for row in rows.page(reader, detail, 0, MOST_ROWS)]
    sums = [whole.sums.get(column.name) for column in detail.columns]
    total = _said(detail.columns, sums, detail.currency, zone)
    table = PrintedTable(
        detail.currency or "",
        [(column.label, _is_right(column)) for column in detail.columns],
        [_said(detail.columns, row, detail.currency, zone) for row in found],
        [total[0] or "All together", *total[1:]],
    )
    remarks = []
    if whole.count > MOST_ROWS:
        remarks = [
            f"The first {MOST_ROWS:,} of {whole.count:,} rows; the sums are those of all. Take CSV or Excel for all."
        ]
    return PrintedReport(provider, f"{report.title}: {detail.title}", " · ".join(facts), [table], remarks)


def _table(table: Table, zone: str) -> PrintedTable:
    total = None
    if table.total is not None:
        total = ["All together", *_said(table.columns, table.total, table.currency, zone)]
    return PrintedTable(
        table.currency or "",
        [(table.first_heading, False), *((column.label, _is_right(column)) for column in table.columns)],
        [[line.label, *_said(table.columns, line.values, table.currency, zone)] for line in table.lines],
        total,
    )


def _said(columns: Sequence[Column], values: Sequence[Any], currency: str | None, zone: str) -> list[str]:
    return [say(column, value, currency, zone) for column, value in zip(columns, values, strict=True)]


def _is_right(column: Column) -> bool:
    return column.kind in (MONEY, COUNT, PERCENT)
