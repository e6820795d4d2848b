"""Reads the tables that people upload: CSV as spreadsheets write it, and .xlsx.

Everything comes back as text; what it means (a date, money, a course) is for the caller to parse, row by row,
so that one bad cell refuses one row and not the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from backoffice.documents.cell_values import parse_date_uk, parse_time, parse_whole
from backoffice.documents.workbook_in import Cells, looks_like_workbook, workbook_rows
from backoffice.domain.errors import Invalid

__all__ = ["RaggedRow", "Table", "parse_date_uk", "parse_time", "parse_whole", "read_table"]

MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_ROWS = 50_000
MAXIMUM_COLUMNS = 100

_DELIMITERS = ",;\t"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
# "’", "–" and "é" in UTF-8; in Windows-1252 these bytes would read "â€™", "â€“" and "Ã©", which nobody types.
_UTF8_TRACES = re.compile(rb"\xe2\x80[\x90-\xbf]|\xc3[\x80-\xbf]")


@dataclass(frozen=True)
class RaggedRow:
    """A row with more or fewer cells than the header: nobody can tell which cell is missing."""

    line_no: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class Table:
    """A table as text. `line_no` is the line of the file (CSV) or the row of the sheet where a row begins.

    Lines count from 1. Header names are in lower case with "_" for spaces. `ragged` holds the rows that could
    not be read.
    """

    header: list[str]
    rows: list[tuple[int, dict[str, str]]]
    ragged: list[RaggedRow] = field(default_factory=list)


def read_table(
    data: bytes, filename: str, *, maximum_rows: int = MAXIMUM_ROWS, maximum_bytes: int = MAXIMUM_BYTES
) -> Table:
    """The table in an uploaded file; the content decides the format, the name only words the errors.

    Raises Invalid (field "file") with a sentence that says what to do.
    """
    _check_size(data, maximum_bytes)
    is_workbook = looks_like_workbook(data)
    lines = workbook_rows(data, MAXIMUM_COLUMNS) if is_workbook else _csv_rows(data, filename)
    filled = ((line_no, cells) for line_no, cells in lines if any(cells))
    _, names = next(filled, (0, []))
    header = _header(_without_empty_end(names, 0) if is_workbook else names)
    return _table(header, filled, maximum_rows)


def _check_size(data: bytes, maximum_bytes: int) -> None:
    if len(data) > maximum_bytes:
        raise _unreadable(
            f"The file is larger than {maximum_bytes // 1024 // 1024} MB: split it into smaller files."
        )
    if not data.strip():
        raise _unreadable("The file is empty: choose a file with a header line and rows.")


def _table(header: list[str], lines: Iterable[Cells], maximum_rows: int) -> Table:
    table = Table(header, [])
    for count, (line_no, cells) in enumerate(lines, start=1):
        if count > maximum_rows:
            raise _unreadable(f"The file has more than {maximum_rows:,} rows: split it into smaller files.")
        values = _without_empty_end(cells, len(header))
        if len(values) == len(header):
            table.rows.append((line_no, dict(zip(header, values, strict=True))))
            continue
        reason = (
            f"This row has {len(values)} cells and the header has {len(header)}: check its commas and quotes."
        )
        table.ragged.append(RaggedRow(line_no, values, reason))
    return table


def _without_empty_end(cells: list[str], width: int) -> list[str]:
    """Spreadsheets pad rows with empty cells out to the widest row they ever held."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _header(names: list[str]) -> list[str]:
    header = ["_".join(name.lower().split()) for name in names]
    if not header:
        raise _unreadable("The file is empty: choose a file with a header line and rows.")
    if len(header) > MAXIMUM_COLUMNS:
        raise _unreadable(
            f"The file has more than {MAXIMUM_COLUMNS} columns: remove those that are not needed."
        )
    for number, name in enumerate(header, start=1):
        if not name:
            raise _unreadable(f"Column {number} has no name in the first line: name it or delete the column.")
        if name in header[: number - 1]:
            raise _unreadable(f"The column “{name[:60]}” is there twice: rename or delete one of them.")
    return header


def _csv_rows(data: bytes, filename: str) -> Iterator[Cells]:
    if data.startswith(_OLD_EXCEL):
        raise _unreadable(
            "This is an old or password-protected Excel file: save it as .xlsx without a password."
        )
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise _unreadable(
            "This is not a real .xlsx file: open it in the spreadsheet program and save it again."
        )
    text = _decode(data)
    if "\0" in text:
        raise _unreadable("This is not a text file: save the table as CSV (UTF-8) or as .xlsx.")
    return _parse_csv(text)


def _decode(data: bytes) -> str:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return _decode_bytes(data)
    except UnicodeDecodeError as error:
        raise _unreadable("The characters of the file cannot be read: save it as CSV (UTF-8).") from error


def _decode_bytes(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if _UTF8_TRACES.search(data):
            line_no = data.count(b"\n", 0, error.start) + 1
            raise _unreadable(
                f"Line {line_no} mixes two encodings: save the file again as CSV (UTF-8)."
            ) from error
    return data.decode("cp1252")


def _parse_csv(text: str) -> Iterator[Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins_at = 1
    try:
        for cells in reader:
            yield begins_at, [cell.strip() for cell in cells]
            begins_at = reader.line_num + 1
    except csv.Error as error:
        raise _unreadable(f"From line {begins_at} on the quotes do not match: check this line.") from error


def _delimiter(text: str) -> str:
    """The separator that the first line uses most, outside quotes."""
    first_line = re.sub(r'"[^"]*"', "", text.lstrip()[:10_000]).split("\n", 1)[0]
    return max(_DELIMITERS, key=first_line.count)


def _unreadable(message: str) -> Invalid:
    return Invalid("unreadable_file", message, field="file")
