"""Tables as .xlsx. Apart from the CSV: the library behind it is heavy, and few exports need it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from backoffice.documents.spreadsheet_out import escape_text, simple

_LONGEST_CELL = 32_767  # the limit of .xlsx; a longer one makes the program "repair" the file
_WIDEST_COLUMN = 50
_NARROWEST_COLUMN = 12
_MEASURED_ROWS = 100  # the widths stand before the rows in the file: so many are read ahead
_NUMBER_FORMATS = {date: "dd/mm/yyyy", datetime: "dd/mm/yyyy hh:mm", time: "hh:mm", Decimal: "#,##0.00"}


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Export") -> bytes:
    """A workbook with one sheet; takes the same values as `spreadsheet_out.csv_rows`, dates stay dates.

    Rows go to a temporary file as they come; only the packed result is held in memory.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    sheet.freeze_panes = "A2"
    coming = iter(rows)
    first = list(islice(coming, _MEASURED_ROWS))
    for number, name in enumerate(header):
        texts = [row[number] for row in first if isinstance(row[number], str)]
        sheet.column_dimensions[get_column_letter(number + 1)].width = _width(name, texts)
    sheet.append([_heading(sheet, name) for name in header])
    for row in chain(first, coming):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def _width(name: str, texts: Sequence[str]) -> int:
    """Characters that a column shows: its heading in bold and what stands in it, within reason."""
    longest = max((len(text) + 2 for text in texts), default=0)
    return min(max(len(name) + 4, longest, _NARROWEST_COLUMN), _WIDEST_COLUMN)


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    value = simple(value)
    if isinstance(value, str):
        return _text_cell(sheet, value)
    if isinstance(value, datetime | time):
        value = value.replace(tzinfo=None)
    if isinstance(value, date) and value.year < 1900:  # before the calendar of spreadsheets begins
        return _text_cell(sheet, value.isoformat())
    cell = WriteOnlyCell(sheet, value)
    if number_format := _NUMBER_FORMATS.get(type(value)):
        cell.number_format = number_format
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, escape_text(text)[:_LONGEST_CELL])
    cell.data_type = "s"  # said, not guessed: "=" at the start would make it a formula, "#N/A" an error
    return cell


def _heading(sheet: Any, name: str) -> Any:
    cell = _text_cell(sheet, name)
    cell.font = Font(bold=True)
    return cell
