"""The rows of an .xlsx upload, as the text that a person sees in the cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from backoffice.documents.workbook_guard import check_workbook, damaged
from backoffice.domain.errors import Invalid

Cells = tuple[int, list[str]]

_LAST_ROW = 1_048_576
_ZERO_PADDED = re.compile(r"0{2,}")
_DECIMALS = re.compile(r"0\.(0+)")


def looks_like_workbook(data: bytes) -> bool:
    """Whether the bytes are a zip archive, as every .xlsx is."""
    return data.startswith(b"PK\x03\x04")


def workbook_rows(data: bytes, maximum_columns: int) -> Iterator[Cells]:
    """Row number and cells of the first sheet; a formula gives the value that was last computed for it.

    All rows are `maximum_columns` + 1 cells wide, the rest of them empty.
    Raises Invalid for an archive that is no workbook, is damaged or too large.
    """
    check_workbook(data)
    try:
        yield from _sheet_rows(data, maximum_columns)
    except Invalid:
        raise
    except Exception as error:  # openpyxl lets through whatever a damaged part raises: KeyError, zlib.error …
        raise damaged() from error


def _sheet_rows(data: bytes, maximum_columns: int) -> Iterator[Cells]:
    from openpyxl import load_workbook  # a tenth of the web's start, and only workers ever read a workbook

    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        # The stated size of a sheet may be a lie, and rows are padded to it. One column more shows an excess.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=maximum_columns + 1)
        for row_no, row in enumerate(rows, start=1):
            yield row_no, [cell_text(cell.value, cell.number_format) for cell in row]
    finally:
        workbook.close()


def cell_text(value: Any, number_format: str) -> str:
    """A cell as text: dates as 2026-03-03, times as 09:00, numbers as the cell's format shows them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_text(value, number_format)
    if isinstance(value, date | time | timedelta):
        return _moment_text(value)
    return str(value).strip()


def _moment_text(value: date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        value = (datetime.min.replace(tzinfo=UTC) + value).time()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime) and value.time() != time.min:
        return value.strftime("%Y-%m-%d %H:%M")
    return value.strftime("%Y-%m-%d")


def _number_text(value: float, number_format: str) -> str:
    if _ZERO_PADDED.fullmatch(number_format):  # a telephone number that was typed into a number cell
        return str(int(value)).zfill(len(number_format))
    if "%" in number_format:
        return f"{_plain(value * 100)}%"
    decimals = _DECIMALS.search(number_format)
    return f"{value:.{len(decimals[1])}f}" if decimals else _plain(value)


def _plain(value: float) -> str:
    """Fifteen digits, as spreadsheets show them: 0.3 and not 0.30000000000000004; never an exponent."""
    return format(Decimal(f"{value:.15g}"), "f")
