"""Tables that plain SQL gives as (currency, key, label, figures…): one for each currency, summed below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backoffice.services.reports.tables import COUNT, MONEY, Column, Line, Table

Total = Callable[[Sequence[tuple[Any, ...]]], tuple[Any, ...]]


def fetch(reader: Session, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement as tuples."""
    return [tuple(row) for row in reader.execute(text(sql), values)]


def tables(
    rows: Iterable[tuple[Any, ...]],
    columns: tuple[Column, ...],
    currency: str,
    *,
    heading: str,
    charted: int = 0,
    keys: Sequence[tuple[str, str]] = (),
    total: Total | None = None,
) -> list[Table]:
    """The rows by currency, that of the provider first; `keys` are (key, label) that stand there in any case."""
    by_currency: dict[str, list[tuple[Any, ...]]] = {currency: []}
    for row in rows:
        by_currency.setdefault(row[0], []).append(row[1:])
    return [
        _table(each, _filled(found, columns, keys), columns, heading, charted, total)
        for each, found in by_currency.items()
    ]


def _filled(
    rows: list[tuple[Any, ...]], columns: tuple[Column, ...], keys: Sequence[tuple[str, str]]
) -> list[tuple[Any, ...]]:
    if not keys:
        return rows
    known = {row[0]: row[2:] for row in rows}
    zeros = tuple(0 if column.is_figure else None for column in columns)
    return [(key, label, *known.get(key, zeros)) for key, label in keys]


def _table(
    currency: str,
    rows: list[tuple[Any, ...]],
    columns: tuple[Column, ...],
    heading: str,
    charted: int,
    total: Total | None,
) -> Table:
    lines = [Line(row[0], row[1], tuple(row[2:])) for row in rows]
    figures = [line.values for line in lines]
    sums = total(figures) if total else summed(figures, columns)
    return Table(currency, columns, lines, sums, charted=charted, first_heading=heading)


def summed(figures: Sequence[tuple[Any, ...]], columns: tuple[Column, ...]) -> tuple[Any, ...]:
    """The sums of what can be added: money and numbers."""
    return tuple(
        sum(int(row[place] or 0) for row in figures) if column.kind in (MONEY, COUNT) else None
        for place, column in enumerate(columns)
    )
