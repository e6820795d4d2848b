"""A list as a CSV file: the columns written out, cells made harmless, streamed from a server-side cursor of plain rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, stream_with_context
from sqlalchemy import Select, select

from backoffice.database import db
from backoffice.documents.spreadsheet_out import csv_rows
from backoffice.views.admin.listing import Listing

_AT_ONCE = 1000


@dataclass(frozen=True)
class ExportColumn:
    """A heading, what to select, and how to write it (as it comes unless `write` is given)."""

    label: str
    expression: Any
    write: Callable[[Any], Any] | None = None


def csv_response(name: str, columns: Sequence[ExportColumn], statement: Select[Any]) -> Response:
    """The rows of the statement as a download. It runs now, inside the tenant's transaction; only reading is put off."""
    options = {"stream_results": True, "yield_per": _AT_ONCE}
    result = db.session.execute(statement, execution_options=options)
    body = csv_rows([column.label for column in columns], _written(result, columns))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Accel-Buffering": "no"}
    return Response(stream_with_context(body), mimetype="text/csv", headers=headers)


def export_statement(listing: Listing, columns: Sequence[ExportColumn], joins: Sequence[Any]) -> Select[Any]:
    """The list's rows as plain columns, in the list's order unless that needs a join of its own."""
    statement = select(*[column.expression for column in columns]).select_from(listing.model)
    for path in joins:
        statement = statement.outerjoin(path)
    order = listing.order.by() if not listing.order.sort.joins else [listing.order.identity]
    return statement.where(*listing.criteria).order_by(*order)


def _written(result: Any, columns: Sequence[ExportColumn]) -> Iterator[list[Any]]:
    writers = [column.write for column in columns]
    if not any(writers):
        yield from result
        return
    for row in result:
        yield [write(value) if write else value for write, value in zip(writers, row, strict=True)]
