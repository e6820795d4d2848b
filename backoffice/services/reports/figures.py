"""Sums of money by month, course, venue …: added up, exact, from one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from backoffice.services.reports.periods import Period
from backoffice.services.reports.tables import Asked


class Sums(NamedTuple):
    """Minor units, numbers of bookings and of places."""

    gross_minor: int = 0
    refunded_minor: int = 0
    vat_minor: int = 0
    bookings: int = 0
    places: int = 0

    def plus(self, other: Iterable[int]) -> Sums:
        return Sums(*(mine + int(theirs) for mine, theirs in zip(self, other, strict=True)))

    @property
    def net_minor(self) -> int:
        """After refunds."""
        return self.gross_minor - self.refunded_minor

    @property
    def ex_vat_minor(self) -> int:
        """After refunds and without VAT."""
        return self.net_minor - self.vat_minor


@dataclass
class Figures:
    """currency → key → sums."""

    by_currency: dict[str, dict[str, Sums]]

    def add(self, currency: str, key: str, sums: Iterable[int]) -> None:
        held = self.by_currency.setdefault(currency, {})
        held[key] = held.get(key, Sums()).plus(sums)

    def of(self, currency: str) -> dict[str, Sums]:
        return self.by_currency.get(currency, {})


def span_values(asked: Asked, period: Period) -> dict[str, Any]:
    """What the SQL of `lines` is given."""
    begin, end = period.instants(asked.zone)
    return {"zone": asked.zone, "now": asked.now, "begin": begin, "end": end}
