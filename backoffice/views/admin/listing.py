"""The rows of one list page: a capped count, the ids by keyset, then the rows in one go.

A stock list counts every row and skips OFFSET rows: at a million rows both cost more than the page itself.
Here the order is always total (the id breaks ties), so a page is found from the row beside it, and a page
back is a page forward in the reversed order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from backoffice.database import TenantOwned
from backoffice.tenancy import current_tenant_id

COUNT_CAP = 1000
# Skipping this many ids costs milliseconds; what lies deeper is reached from its neighbour or from the end.
OFFSET_CAP = 10_000


def in_tenant(model: Any) -> list[ColumnElement[bool]]:
    """The condition that a row is the tenant's; none for a table that belongs to no tenant."""
    return [model.tenant_id == current_tenant_id()] if issubclass(model, TenantOwned) else []


@dataclass(frozen=True)
class Sort:
    """A column that a list may be sorted by; `joins` are the relationships that lead to it."""

    column: Any
    joins: tuple[Any, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Order:
    """A total order: the column, then the id. NULL is last, reversed first, as in PostgreSQL's indexes."""

    sort: Sort
    identity: Any
    descending: bool = False

    def backwards(self) -> Order:
        return replace(self, descending=not self.descending)

    def by(self) -> list[Any]:
        columns = [self.sort.column, self.identity]
        return [column.desc() if self.descending else column.asc() for column in columns]

    def beyond(self, value: Any, anchor: UUID) -> list[ColumnElement[bool]]:
        """The conditions, one after the other, under which rows come after the anchor with this value."""
        column, identity = self.sort.column, self.identity
        if value is None:
            rest = column.is_(None) & self._further(identity, literal(anchor, identity.type))
            return [rest, column.is_not(None)] if self.descending else [rest]
        here = tuple_(literal(value, column.type), literal(anchor, identity.type))
        rest = self._further(tuple_(column, identity), here)
        return [rest, column.is_(None)] if self.sort.nullable and not self.descending else [rest]

    def _further(self, left: Any, right: Any) -> ColumnElement[bool]:
        further: ColumnElement[bool] = left < right if self.descending else left > right
        return further


@dataclass(frozen=True)
class Place:
    """Where in the list: beside a row, at the end, or so many pages from the start."""

    page: int = 0
    after: UUID | None = None
    before: UUID | None = None
    from_end: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows there are, as far as it was worth counting."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


@dataclass(frozen=True)
class Found:
    """One page of ids; `start` is the number of rows before it, None where nobody knows."""

    ids: list[UUID]
    count: Count
    start: int | None
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class Listing:
    """What is listed, in which order, how many to a page. `criteria` must not multiply rows (EXISTS, IN)."""

    session: Session
    model: Any
    order: Order
    size: int
    criteria: Sequence[ColumnElement[bool]] = field(default=())

    def find(self, place: Place) -> Found:
        """The ids of the page; a place beyond the end shows the end, a neighbour that is gone the start."""
        if place.from_end:
            return self._last(self.count())
        anchor = place.after or place.before
        value = self._value_of(anchor) if anchor else None
        if anchor is None or value is None:
            return self._numbered(place.page if anchor is None else 0)
        if place.after:
            return self._after(anchor, value[0], place.page)
        return self._before(anchor, value[0], place.page)

    def count(self) -> Count:
        """Counts at most one row past the cap, so that a million rows cost no more than a thousand."""
        some = self._ids().limit(COUNT_CAP + 1).subquery()
        number = self.session.execute(select(func.count()).select_from(some)).scalar_one()
        return Count(min(number, COUNT_CAP), number > COUNT_CAP)

    def rows(self, ids: Sequence[UUID], load: Sequence[Any] = ()) -> list[Any]:
        """The rows of these ids, in their order, with what `load` names."""
        if not ids:
            return []
        statement = select(self.model).where(self.order.identity.in_(ids)).options(*load)
        found = {row.id: row for row in self.session.execute(statement).unique().scalars()}
        return [found[each] for each in ids if each in found]

    def _numbered(self, page: int) -> Found:
        offset = page * self.size
        if offset > OFFSET_CAP:
            return self._last(self.count())
        ids = self._fetch(self._ids().order_by(*self.order.by()).offset(offset).limit(self.size + 1))
        if page and not ids:
            return self._last(self.count())
        if len(ids) <= self.size:
            return Found(ids, Count(offset + len(ids)), offset, page > 0, False)
        return Found(ids[: self.size], self.count(), offset, page > 0, True)

    def _after(self, anchor: UUID, value: Any, page: int) -> Found:
        ids = self._beyond(self.order, value, anchor)
        if not ids:
            return self._last(self.count())
        return self._beside(ids[: self.size], page, True, len(ids) > self.size)

    def _before(self, anchor: UUID, value: Any, page: int) -> Found:
        ids = self._beyond(self.order.backwards(), value, anchor)
        if len(ids) < self.size:
            return self._numbered(0)
        kept = ids[: self.size][::-1]
        return self._beside(kept, page, len(ids) > self.size, True)

    def _beside(self, ids: list[UUID], page: int, has_previous: bool, has_next: bool) -> Found:
        """A page found from its neighbour; its number is only what the address claims."""
        start, count = page * self.size or None, self.count()
        if start and count.is_capped:
            count = Count(max(count.number, start + len(ids)), has_next)
        return Found(ids, count, start, has_previous, has_next)

    def _last(self, count: Count) -> Found:
        size = self.size if count.is_capped else (count.number % self.size or self.size)
        order = self.order.backwards()
        ids = self._fetch(self._ids().order_by(*order.by()).limit(size + 1))
        kept = ids[:size][::-1]
        start = None if count.is_capped else max(count.number - len(kept), 0)
        return Found(kept, count, start, len(ids) > size, False)

    def _beyond(self, order: Order, value: Any, anchor: UUID) -> list[UUID]:
        wanted, found = self.size + 1, list[UUID]()
        for condition in order.beyond(value, anchor):
            if len(found) < wanted:
                statement = self._ids().where(condition).order_by(*order.by())
                found += self._fetch(statement.limit(wanted - len(found)))
        return found

    def _value_of(self, anchor: UUID) -> tuple[Any] | None:
        """The anchor's value in the sorted column, in a tuple; None when the row is gone or not ours."""
        statement = self._joined(select(self.order.sort.column)).where(self.order.identity == anchor)
        row = self.session.execute(statement).first()
        return (row[0],) if row else None

    def _ids(self) -> Select[Any]:
        return self._joined(select(self.order.identity)).where(*self.criteria)

    def _joined(self, statement: Select[Any]) -> Select[Any]:
        statement = statement.select_from(self.model)
        for path in self.order.sort.joins:
            statement = statement.join(path, isouter=self.order.sort.nullable)
        return statement

    def _fetch(self, statement: Select[Any]) -> list[UUID]:
        return list(self.session.execute(statement).scalars())
