"""The rows of an .xlsx upload, as the text that a person sees in the cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook

from backoffice.domain.errors import Invalid

Cells = tuple[int, list[str]]

# 50,000 rows of 20 columns unpack to 50 MB; a bomb of 10 MB unpacks to ten gigabytes.
_MAXIMUM_UNPACKED = 60 * 1024 * 1024
# Shared texts and styles are held in memory whole, the sheet is not.
_MAXIMUM_UNPACKED_BESIDES = 20 * 1024 * 1024
_MAXIMUM_PARTS = 2_000
_LAST_ROW = 1_048_576
_ZERO_PADDED = re.compile(r"0{2,}")
_DECIMALS = re.compile(r"0\.(0+)")


def looks_like_workbook(data: bytes) -> bool:
    """Whether the bytes are a zip archive, as every .xlsx is."""
    return data.startswith(b"PK\x03\x04")


def workbook_rows(data: bytes, maximum_columns: int) -> Iterator[Cells]:
    """Row number and cells of the first sheet; a formula gives the value that was last computed for it.

    All rows are `maximum_columns` + 1 cells wide, the rest of them empty.
    Raises Invalid for an archive that is no workbook, is damaged, or unpacks to too much.
    """
    _check_archive(data)
    try:
        yield from _sheet_rows(data, maximum_columns)
    except Invalid:
        raise
    except (
        Exception
    ) as error:  # openpyxl lets through whatever a damaged part raises: KeyError, ParseError, zlib.error
        raise _damaged() from error


def _check_archive(data: bytes) -> None:
    """Looks at the directory of the archive only, so that nothing is unpacked before its size is known.

    zipfile reads no more of a part than its directory entry says, so an entry that lies ends in an error.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged() from error
    if _is_too_large(parts):
        raise Invalid(
            "file_too_large", "The workbook is too large: save only this sheet as CSV.", field="file"
        )
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise _damaged()


def _is_too_large(parts: list[zipfile.ZipInfo]) -> bool:
    unpacked = sum(part.file_size for part in parts)
    besides = sum(part.file_size for part in parts if not part.filename.startswith("xl/worksheets/"))
    return len(parts) > _MAXIMUM_PARTS or unpacked > _MAXIMUM_UNPACKED or besides > _MAXIMUM_UNPACKED_BESIDES


def _sheet_rows(data: bytes, maximum_columns: int) -> Iterator[Cells]:
    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        # The stated size of a sheet may be a lie, and rows are padded to it. One column more shows an excess.
        sheet.reset_dimensions()
        for row_no, row in enumerate(
            sheet.iter_rows(max_row=_LAST_ROW, max_col=maximum_columns + 1), start=1
        ):
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


def _damaged() -> Invalid:
    sentence = "This workbook cannot be read: open it in the spreadsheet program and save it again as .xlsx."
    return Invalid("unreadable_file", sentence, field="file")
