"""Many rows as CSV, nearly as fast as the database can write them itself.

The database turns amounts and instants into text; what people wrote is looked at here, column by column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from backoffice.documents.spreadsheet_out import csv_rows, escape_text
from backoffice.services.reports.files import detail_header
from backoffice.services.reports.rows import WORDS, streamed
from backoffice.services.reports.tables import INSTANT, MONEY, TEXT, Column, Detail

# Without any of these a text is no formula and has nothing unprintable: escape_text would give it back as it is.
_HARMLESS = re.compile(r"[A-Za-z0-9\u00c0-\u024f][^\x00-\x1f;\ud800-\udfff\ufffe\uffff]*")


def csv_stream(reader: Session, detail: Detail, zone: str) -> Iterator[bytes]:
    """The rows of a drill-down with a heading, in chunks. The statement runs now, while the tenant is known."""
    chosen = ", ".join(_as_text(column) for column in detail.columns)
    sql = f"SELECT {chosen} FROM ({detail.sql}) rows ORDER BY {detail.order}"  # noqa: S608 - names of our own
    return _written(detail, streamed(reader, sql, {**detail.values, "zone": zone}))


def _as_text(column: Column) -> str:
    if column.kind == MONEY:
        return f"round({column.name} / 100.0, 2)::text"
    if column.kind == INSTANT:
        return f"to_char({column.name} AT TIME ZONE :zone, 'YYYY-MM-DD HH24:MI')"
    return column.name if column.kind == TEXT else f"{column.name}::text"


def _written(detail: Detail, found: Any) -> Iterator[bytes]:
    yield from csv_rows(detail_header(detail), ())
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for batch in found.partitions():
        writer.writerows(zip(*_columns(detail, batch), strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _columns(detail: Detail, batch: Sequence[Any]) -> list[Sequence[str | None]]:
    columns = [
        _safe(column, values) if column.kind == TEXT else values
        for column, values in zip(detail.columns, zip(*batch, strict=True), strict=True)
    ]
    return [*columns, [detail.currency] * len(batch)]


def _safe(column: Column, values: Sequence[str | None]) -> list[str | None]:
    words = WORDS.get(column.name)
    if words is not None:
        return [words.get(value or "", value) for value in values]
    is_harmless = _HARMLESS.fullmatch
    return [value if not value or is_harmless(value) else escape_text(value) for value in values]
