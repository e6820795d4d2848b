"""What somebody looks for, as it stands in the address of a list: each filter can be sent on as a link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.domain.money import parse_money
from backoffice.domain.text import clean_line, fold
from backoffice.domain.times import parse_date
from backoffice.models.course import AUDIENCES

# The value of the filter by town for what is taught online, where no town is.
ONLINE = "online"
LONGEST_WORDS = 100


@dataclass(frozen=True)
class Filters:
    """Every wish narrows the list. `most_minor` is a price in minor units; days are those of the date's own place."""

    words: str = ""
    type_code: str = ""
    town: str = ""
    audience: str = ""
    course: str = ""
    from_day: date | None = None
    until_day: date | None = None
    most_minor: int | None = None
    # The courses that have the words, where they were looked up already.
    course_ids: tuple[UUID, ...] | None = None

    @property
    def is_about_dates(self) -> bool:
        """Whether a course without a fitting date is left out."""
        return bool(self.town or self.from_day or self.until_day)

    @property
    def is_common(self) -> bool:
        """Whether at most one of the choices that we offer is made: there are few such lists, and they are remembered."""
        choices = (self.type_code, self.town, self.audience, self.course)
        return sum(map(bool, choices)) <= 1 and self == Filters("", *choices)

    def found_in(self, towns: Iterable[str]) -> Filters:
        """The same wishes with a town that stands among the words ("first aid leeds") as the town."""
        said = f" {fold(self.words)} "
        for town in sorted(towns, key=len, reverse=True):
            if f" {fold(town)} " in said:
                rest = said.replace(f" {fold(town)} ", " ").strip()
                return replace(self, words=rest, town=town, course_ids=None)
        return self


@dataclass(frozen=True)
class Asked:
    """The filters that were understood, every filter as it was typed, and what was wrong beside its field."""

    filters: Filters = Filters()
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.typed)


# The name in the address -> the longest text it may hold.
LONGEST = {
    "q": LONGEST_WORDS,
    "type": 40,
    "town": 100,
    "audience": 20,
    "course": 100,
    "from": 30,
    "until": 30,
    "up_to": 30,
}


def read(given: Mapping[str, str], currency: str) -> Asked:
    """The wishes of a query string; what makes no sense is left out and said."""
    typed, problems = dict[str, str](), dict[str, str]()
    for name, longest in LONGEST.items():
        try:
            typed[name] = clean_line(given.get(name), field=name, maximum=longest)
        except Invalid:
            problems[name] = "This cannot be searched for. Write it shorter, in plain letters."
    typed = {name: text for name, text in typed.items() if text}
    values = _values(typed, currency, problems)
    return Asked(Filters(**values), typed, problems)


def _values(typed: Mapping[str, str], currency: str, problems: dict[str, str]) -> dict[str, Any]:
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "q": ("words", str),
        "type": ("type_code", str),
        "town": ("town", str),
        "audience": ("audience", _audience),
        "course": ("course", str),
        "from": ("from_day", parse_date),
        "until": ("until_day", parse_date),
        "up_to": ("most_minor", lambda text: parse_money(text, currency)),
    }
    values = dict[str, Any]()
    for name, text in typed.items():
        target, read_text = readers[name]
        try:
            values[target] = read_text(text)
        except Invalid as error:
            problems[name] = error.message
    _check_order(values, problems)
    return values


def _check_order(values: dict[str, Any], problems: dict[str, str]) -> None:
    first, last = values.get("from_day"), values.get("until_day")
    if first and last and last < first:
        problems["until"] = "The last day is before the first day."
        del values["until_day"]


def _audience(text: str) -> str:
    if text not in AUDIENCES:
        raise Invalid("audience", "Choose one of the list.", field="audience")
    return text
