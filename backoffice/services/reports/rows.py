"""The rows behind a figure: their number and sums, a page of them, or all as they come from a cursor on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backoffice.services.reports.tables import Detail
from backoffice.services.reports.words import KINDS, METHODS, ROUTES

AT_ONCE = 2000
# Stored words of these columns, as people read them.
WORDS = {"method": METHODS, "route": ROUTES, "kind": KINDS}


@dataclass(frozen=True)
class Extent:
    """How many rows there are, and the sums of the columns that can be added, by name."""

    count: int
    sums: dict[str, int]


def extent(reader: Session, detail: Detail) -> Extent:
    """All rows counted and added up."""
    names = [column.name for column in detail.columns if column.is_figure]
    sums = "".join(f", coalesce(sum({name}), 0)::bigint" for name in names)
    row = reader.execute(text(f"SELECT count(*){sums} FROM ({detail.sql}) rows"), detail.values).one()  # noqa: S608
    return Extent(int(row[0]), dict(zip(names, map(int, row[1:]), strict=True)))


def page(reader: Session, detail: Detail, offset: int, limit: int) -> list[Any]:
    """Some rows, in order."""
    sql = f"SELECT * FROM ({detail.sql}) rows ORDER BY {detail.order} OFFSET :offset LIMIT :limit"  # noqa: S608
    return list(reader.execute(text(sql), {**detail.values, "offset": offset, "limit": limit}))


def spoken(row: Any, detail: Detail) -> list[Any]:
    """The values of a row in the order of the columns, stored words as people read them."""
    return [_word(column.name, getattr(row, column.name)) for column in detail.columns]


def stream(reader: Session, detail: Detail) -> Iterator[list[Any]]:
    """All rows, a few thousand at a time; memory does not grow with them. The statement runs now, not at the first row."""
    sql = f"SELECT * FROM ({detail.sql}) rows ORDER BY {detail.order}"  # noqa: S608
    return (spoken(row, detail) for row in streamed(reader, sql, detail.values))


def streamed(reader: Session, sql: str, values: Mapping[str, Any]) -> Any:
    """The result of a statement, from a cursor on the server. It runs now, while the tenant is known."""
    # Said to the result as well: of plain SQL the option `yield_per` is not looked at, and all rows would come at once.
    found = reader.execute(text(sql), values, execution_options={"stream_results": True})
    return found.yield_per(AT_ONCE)


def _word(name: str, value: Any) -> Any:
    return WORDS[name].get(value, value) if name in WORDS else value
