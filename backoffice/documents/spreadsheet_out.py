"""Tables for people's spreadsheet programs: CSV as a stream of bytes (.xlsx: workbook_out).

A spreadsheet program runs whatever looks like a formula, so text that could be one gets an apostrophe in
front. Numbers and dates are safe by their type and stay what they are.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_BYTE_ORDER_MARK = "\ufeff"
_ROWS_PER_CHUNK = 500

_SIGN = r"[=+\-@＝＋－＠]"
_INVISIBLE = r"\ufeff\u200b-\u200f\u2060"
# Programs strip spaces and quotes before they look for a formula; some strip tabs and line ends as well.
_STARTS_AS_FORMULA = re.compile(rf"""[\t\r\n]|[;\s"'{_INVISIBLE}]*{_SIGN}""")
# Where ";" separates the cells, a line is cut at every ";", tab and line end, whatever its quotes say.
_FORMULA_WITHIN = re.compile(rf"""([;\t\r\n][\s"'{_INVISIBLE}]*)({_SIGN})""")
# XML 1.0 has no place for these, and no program shows them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV file in chunks of 500 rows: UTF-8 with the mark by which Excel knows it, "," and CRLF.

    Values: str, int, float, Decimal, bool, date, datetime, time, None. Datetimes are written as the wall time
    they hold, so turn UTC into local time first. `rows` is consumed lazily; memory does not grow with it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(_BYTE_ORDER_MARK)
    writer.writerow([escape_text(name) for name in header])
    for count, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(value) for value in row])
        if count % _ROWS_PER_CHUNK == 0:
            yield _drain(buffer)
    yield _drain(buffer)


def escape_text(text: str) -> str:
    """`text` as a cell that no spreadsheet program takes for a formula."""
    printable = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    escaped = _FORMULA_WITHIN.sub(r"\1'\2", printable)
    return "'" + escaped if _STARTS_AS_FORMULA.match(printable) else escaped


def _drain(buffer: io.StringIO) -> bytes:
    chunk = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return chunk


def _csv_cell(value: Any) -> str:
    value = simple(value)
    if isinstance(value, str):
        return escape_text(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def simple(value: Any) -> Any:
    """The value as one of the types that a spreadsheet knows."""
    if value is None or isinstance(value, float | Decimal) and not math.isfinite(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float | Decimal | date | time):
        return value
    return str(value)
