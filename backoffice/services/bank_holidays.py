"""Public holidays by country and region, named in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

# Where a country has no holidays of its own for all of it, the region to begin with.
USUAL_REGIONS = {"GB": "ENG"}
REGION_NAMES = {
    "GB": {"ENG": "England", "WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"},
}


def find_holidays(first: date, last: date, country: str, region: str | None = None) -> dict[date, str]:
    """The names of public holidays from one day to another, both included; none for a country that nobody lists."""
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(country, region, year).items()
        if first <= day <= last
    }


@lru_cache(256)
def _of_year(country: str, region: str | None, year: int) -> dict[date, str]:
    found = _calendar(country, region, year)
    return {day: _in_words(name) for day, name in found.items()} if found is not None else {}


def list_regions(country: str) -> list[tuple[str, str]]:
    """The regions with holidays of their own: (code, name). Most countries that are asked about have none."""
    known = REGION_NAMES.get(country)
    if known:
        return list(known.items())
    found: Sequence[str] = getattr(_calendar(country, None, 2026), "subdivisions", ())
    return [(code, code) for code in found]


def usual_region(country: str) -> str | None:
    """The region that is meant unless somebody says otherwise; None is the whole country."""
    return USUAL_REGIONS.get(country)


def _calendar(country: str, region: str | None, year: int) -> Any:
    # Loads for a quarter of a second, and only planning a series needs it.
    import holidays

    try:
        plain = holidays.country_holidays(country, years=year)
        spoken = [each for each in plain.supported_languages if each.startswith("en")]
        language = "en_GB" if "en_GB" in spoken else next(iter(spoken), None)
        return holidays.country_holidays(country, subdiv=region, years=year, language=language)
    except NotImplementedError:  # a country or a region that it does not know
        return None


def _in_words(name: str) -> str:
    return name.replace("(observed)", "(substitute day)").replace("; ", ", ")
