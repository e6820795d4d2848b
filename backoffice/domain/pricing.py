"""What a booking costs: the best offer, one rounding on the total, and the share of each attendee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backoffice.domain.money import round_to_unit, split_by_weight

PERCENTAGE = "percentage"
FIXED = "fixed"
WHOLE = 10_000  # basis points of 100 %


@dataclass(frozen=True, slots=True)
class Offer:
    """A discount that applies: `value` is basis points for a percentage, minor units for a fixed one."""

    kind: str
    value: int
    label: str = ""
    code_id: UUID | None = None
    rule_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.kind not in (PERCENTAGE, FIXED):
            raise ValueError(f"unknown kind of offer: {self.kind}")
        if self.value < 0 or (self.kind == PERCENTAGE and self.value > WHOLE):
            raise ValueError(f"offer out of range: {self.value}")


@dataclass(frozen=True, slots=True)
class Line:
    """One attendee's share in minor units, VAT included; what is due for it is `total_minor`."""

    price_minor: int
    discount_minor: int
    vat_rate_bp: int

    @property
    def total_minor(self) -> int:
        """Price less discount, in minor units."""
        return self.price_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of a booking in minor units; the sum of the lines is the total, exactly."""

    lines: tuple[Line, ...]
    list_minor: int
    discount_minor: int
    total_minor: int
    offer: Offer | None


def quote(
    unit_price_minor: int,
    places: int,
    *,
    offers: Sequence[Offer] = (),
    smallest_unit: int = 1,
    vat_rate_bp: int = 0,
) -> Quote:
    """The price of `places` at `unit_price_minor` each (minor units, VAT included), less the best offer.

    The total is rounded once, half up, to `smallest_unit` minor units; the discount is what is left of the
    list total. Offers do not add up: the lowest total wins, the first of equals. Raises ValueError for a
    negative price, no places, or a unit below 1.
    """
    if unit_price_minor < 0 or places < 1 or vat_rate_bp < 0:
        raise ValueError("a price or rate below zero, or no places")
    list_minor = unit_price_minor * places
    best = min(offers, key=lambda offer: _total(list_minor, offer, smallest_unit), default=None)
    total = _total(list_minor, best, smallest_unit)
    if best is not None and total >= _total(list_minor, None, smallest_unit):
        best = None  # an offer that saves nothing is not used up
    prices = [unit_price_minor] * places
    if total > list_minor:  # a list price that nobody can pay exactly, rounded up to one that can be paid
        list_minor, prices = total, split_by_weight(total, prices)
    discounts = _shares(list_minor - total, prices, smallest_unit)
    lines = tuple(Line(price, off, vat_rate_bp) for price, off in zip(prices, discounts, strict=True))
    return Quote(lines, list_minor, list_minor - total, total, best)


def agreed(total_minor: int, places: int, *, smallest_unit: int = 1, vat_rate_bp: int = 0) -> Quote:
    """A price that was agreed for all places together (minor units, VAT included), shared out evenly and exactly.

    In payable units where the price is such, so that one attendee's refund can be paid out.
    Raises ValueError for a negative price or no places.
    """
    if total_minor < 0 or places < 1 or vat_rate_bp < 0:
        raise ValueError("a price or rate below zero, or no places")
    unit = 1 if total_minor % smallest_unit else smallest_unit
    shares = split_by_weight(total_minor // unit, [1] * places)
    lines = tuple(Line(share * unit, 0, vat_rate_bp) for share in shares)
    return Quote(lines, total_minor, 0, total_minor, None)


def _total(list_minor: int, offer: Offer | None, unit: int) -> int:
    if offer is None:
        return round_to_unit(list_minor, 1, unit)
    if offer.kind == FIXED:
        return round_to_unit(max(list_minor - offer.value, 0), 1, unit)
    return round_to_unit(list_minor * (WHOLE - offer.value), WHOLE, unit)


def _shares(discount_minor: int, prices: list[int], unit: int) -> list[int]:
    """In payable units where prices and discount are such, so that one attendee's refund can be paid out."""
    if discount_minor % unit or any(price % unit for price in prices):
        return split_by_weight(discount_minor, prices)
    return [
        part * unit for part in split_by_weight(discount_minor // unit, [price // unit for price in prices])
    ]
