"""What a report is made of: tables with raw figures, which a page, a file and a mail then write in their own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from backoffice.services.reports.periods import Period

MONEY, COUNT, PERCENT, TEXT, INSTANT = "money", "count", "percent", "text", "instant"


@dataclass(frozen=True)
class Column:
    """A heading and what its figures are: minor units, a whole number, basis points, text, a UTC instant."""

    label: str
    kind: str = MONEY
    # What the SQL of a drill-down calls it.
    name: str = ""

    @property
    def is_figure(self) -> bool:
        return self.kind in (MONEY, COUNT)


@dataclass(frozen=True)
class Line:
    """One row: what it is about, and its figures in the order of the columns (None: there is none).

    `key` is what its drill-down is asked for with; None where there is nothing to open.
    """

    key: str | None
    label: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """Figures of one currency (None: no money in it)."""

    currency: str | None
    columns: tuple[Column, ...]
    lines: Sequence[Line]
    total: tuple[Any, ...] | None
    title: str = ""
    # Which column the chart draws.
    charted: int = 0
    first_heading: str = ""


@dataclass(frozen=True)
class Asked:
    """What a report was asked for. `now` is a UTC instant, `zone` and `country` the provider's."""

    report: str
    basis: str
    period: Period
    zone: str
    currency: str
    now: Any
    preset: str = ""


@dataclass(frozen=True)
class Result:
    """A report's answer: a table for each currency, and remarks for people."""

    asked: Asked
    tables: Sequence[Table]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Detail:
    """The rows behind one figure: headings, and the SQL whose rows add up to it.

    The SQL gives `link_kind` ("bookings", "payments", "refunds", "schedules", "customers" or NULL), `link_id`, and a
    column for each of `columns` by its name; `order` sorts it. `shown` names the column that the figure is the sum of.
    """

    title: str
    columns: tuple[Column, ...]
    sql: str
    values: Mapping[str, Any]
    currency: str | None
    shown: str
    order: str = "at, link_id"


@dataclass(frozen=True)
class Report:
    """One report: what it is called, what it says, the bases it can be asked by (the first unless chosen)."""

    name: str
    title: str
    says: str
    group: str
    run: Callable[[Session, Asked], Result]
    detail: Callable[[Session, Asked, str, str | None], Detail]
    bases: tuple[str, ...] = ()
    # Without one it shows how things stand now.
    has_period: bool = True
    # By which day it counts, where that is not what its basis is called.
    counted: str = ""
