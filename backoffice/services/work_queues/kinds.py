"""What a queue of work is made of: the tenant's day, a kind of work, and one line of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, null, select

from backoffice.domain.times import day_bounds, to_local
from backoffice.models import Booking, Tenant


@dataclass(frozen=True)
class Day:
    """The tenant's clock: now, and where today and tomorrow begin and end (all UTC)."""

    now: datetime
    begins: datetime
    ends: datetime
    tomorrow_ends: datetime

    @classmethod
    def of(cls, now: datetime, tenant: Tenant) -> "Day":
        today = to_local(now, tenant.time_zone).date()
        begins, ends = day_bounds(today, tenant.time_zone)
        return cls(now, begins, ends, day_bounds(today + timedelta(days=1), tenant.time_zone)[1])


@dataclass(frozen=True)
class Queue:
    """One kind of waiting work. `find` gives rows of the columns that `Line` names, the most urgent first."""

    name: str
    label: str
    hint: str
    right: str
    tone: str
    find: Callable[[Day], Select[Any]]


@dataclass(frozen=True)
class Line:
    """One thing that waits: where it leads (kind and id), its words, and its instant (UTC)."""

    kind: str
    id: UUID
    title: str
    what: str
    who: str
    at: datetime | None
    status: str
    item_id: UUID | None = None


def line(kind: str, row_id: Any, **words: Any) -> Select[Any]:
    """A select of the columns of a Line; what is not named is empty."""
    columns = {
        "title": literal(""),
        "what": literal(""),
        "who": literal(""),
        "at": null(),
        "status": literal(""),
    }
    named = (column.label(name) for name, column in (columns | words).items())
    return select(literal(kind).label("kind"), row_id.label("id"), *named)


def contact() -> ColumnElement[str]:
    """Who booked."""
    return func.trim(func.concat(Booking.contact_first_name, " ", Booking.contact_last_name))
