"""Money in integer minor units: reading it, writing it, rounding it, splitting it. Never a float."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backoffice.domain.errors import Invalid

# Ten million of the major unit: past any real booking, and within the database's integer.
MAX_MINOR = 1_000_000_000
SYMBOLS: dict[str, str] = {"GBP": "£", "EUR": "€", "USD": "$", "KES": "KSh "}
CURRENCIES: tuple[str, ...] = tuple(SYMBOLS)
_WHOLE_WITHOUT_DECIMALS = frozenset({"KES"})

_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3}|(?=\.))(?:\.(?P<part>[0-9]{1,2}))?")
_PERCENT = re.compile(r"(?P<whole>[0-9]{1,3})(?:\.(?P<part>[0-9]{1,2}))?\s*%?")


def format_money(minor: int, currency: str) -> str:
    """Minor units as people write them: "£1,234.50", "-£5.00", "KSh 1,500" (cents of KES only if any)."""
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 100)
    symbol = SYMBOLS.get(currency, f"{currency} ")
    if part == 0 and currency in _WHOLE_WITHOUT_DECIMALS:
        return f"{sign}{symbol}{whole:,}"
    return f"{sign}{symbol}{whole:,}.{part:02d}"


def parse_money(text: str, currency: str, *, field: str = "amount") -> int:
    """Minor units (0 to MAX_MINOR) of "£1,234.50", "1,234.5" or "KSh 1500"; raises Invalid."""
    if not isinstance(text, str) or not text.strip():
        raise Invalid(
            "amount", f"Enter an amount, for example {format_money(123450, currency)}.", field=field
        )
    match = _AMOUNT.fullmatch(_without_currency(text, currency))
    if match is None:
        raise Invalid("amount", f"Write the amount like {format_money(123450, currency)}.", field=field)
    minor = int(match["whole"].replace(",", "") or "0") * 100 + int((match["part"] or "0").ljust(2, "0"))
    if minor > MAX_MINOR:
        raise Invalid(
            "amount", f"The amount can be at most {format_money(MAX_MINOR, currency)}.", field=field
        )
    return minor


def _without_currency(text: str, currency: str) -> str:
    bare = text.strip()
    for mark in (SYMBOLS.get(currency, currency).strip(), currency):
        if bare.lower().startswith(mark.lower()):
            return bare[len(mark) :].strip()
        if bare.lower().endswith(mark.lower()):
            return bare[: -len(mark)].strip()
    return bare


def format_percent(basis_points: int) -> str:
    """Basis points as "10 %" or "12.5 %"."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + " %"


def parse_percent(text: str, *, field: str = "percentage") -> int:
    """Basis points from "10", "12.5 %"; 0 to 100 % (10,000 basis points), otherwise Invalid."""
    match = _PERCENT.fullmatch(text.strip()) if isinstance(text, str) else None
    points = int(match["whole"]) * 100 + int((match["part"] or "0").ljust(2, "0")) if match else None
    if points is None or points > 10_000:
        raise Invalid("percentage", "Enter a percentage from 0 to 100, for example 12.5.", field=field)
    return points


def round_half_up(n: int, d: int) -> int:
    """n / d to the nearest integer, halves towards plus infinity; d must be positive (ValueError)."""
    if d <= 0:
        raise ValueError("the denominator must be positive")
    return (2 * n + d) // (2 * d)


def round_to_unit(minor_numerator: int, denominator: int, unit: int) -> int:
    """The quotient in minor units, half up to a multiple of `unit` (100 for KES); raises ValueError."""
    if unit <= 0:
        raise ValueError("the unit must be positive")
    return round_half_up(minor_numerator, denominator * unit) * unit


def split_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of a total in proportion to the weights, summing to it exactly.

    The remainder of the rounding goes to the largest weights, one unit each and the first of equals first, so
    that no part exceeds its weight while the total does not exceed their sum. All weights 0 count as equal.
    Raises ValueError for a negative total or weight, or a total without anybody to carry it.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("totals and weights must not be negative")
    if not weights:
        if total:
            raise ValueError("nothing to split the total over")
        return []
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    largest_first = sorted(range(len(weights)), key=lambda index: -weights[index])
    for index in largest_first[: total - sum(parts)]:
        parts[index] += 1
    return parts
