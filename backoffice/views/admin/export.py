"""A list as a CSV file: columns written out, cells made harmless, streamed from a cursor on the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response
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
    """The rows of the statement as a download.

    It has a session of its own: the request's is gone before the first row is sent. The statement runs now,
    while the tenant is known, and holds its transaction until the download ends.
    """
    reader = db.session.session_factory()
    try:
        options = {"stream_results": True, "yield_per": _AT_ONCE}
        result = reader.execute(statement, execution_options=options)
    except BaseException:
        reader.close()
        raise
    body = csv_rows([column.label for column in columns], _written(result, columns))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.call_on_close(reader.close)
    return response


def major_units(minor: int | None) -> Decimal | None:
    """Pence as pounds, for people's spreadsheets."""
    return None if minor is None else Decimal(minor).scaleb(-2)


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
