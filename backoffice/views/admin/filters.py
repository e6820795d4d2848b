"""What a list can be narrowed by: plain labelled fields, with names that make readable addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.domain.times import day_bounds, parse_date
from backoffice.views.admin.formats import page_zone

Options = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Filter:
    """`read` makes the address's text a value or raises Invalid; `criterion` makes the value a condition."""

    name: str
    label: str
    criterion: Callable[[Any], Any]
    read: Callable[[str], Any]
    kind: str = "select"
    options: Callable[[], Options] | Options = ()
    # what the list shows while nothing is chosen
    blank: str = "Any"

    def choices(self) -> list[tuple[str, str]]:
        found = self.options() if callable(self.options) else self.options
        return [(str(value), label) for value, label in found]


def choice(name: str, label: str, column: Any, options: Options) -> Filter:
    """One of a few words of a column; `options` are (word, label for people)."""
    known = list(options)
    return Filter(
        name, label, lambda value: column == value, one_of({word for word, _ in known}), options=known
    )


def related(name: str, label: str, column: Any, options: Callable[[], Options]) -> Filter:
    """A record of another list; `options` is called for each page and gives (id, label)."""
    return Filter(name, label, lambda value: column == value, record_id, options=options)


def yes_no(name: str, label: str, condition: Any, words: tuple[str, str] = ("Yes", "No")) -> Filter:
    """Rows for which the condition holds, or does not."""
    options = [("yes", words[0]), ("no", words[1])]
    return Filter(
        name,
        label,
        lambda yes: condition if yes == "yes" else ~condition,
        one_of({"yes", "no"}),
        options=options,
    )


def from_day(name: str, label: str, column: Any) -> Filter:
    """Instants from the start of a local day on."""
    return Filter(name, label, lambda day: column >= day_bounds(day, page_zone())[0], _read_day(name), "date")


def until_day(name: str, label: str, column: Any) -> Filter:
    """Instants up to the end of a local day."""
    return Filter(name, label, lambda day: column < day_bounds(day, page_zone())[1], _read_day(name), "date")


def one_of(words: set[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise Invalid("unknown_choice", "Choose one of the list.")
        return text

    return read


def record_id(text: str) -> UUID:
    """The id of a record; raises Invalid for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid("unknown_choice", "Choose one of the list.") from error


def _read_day(name: str) -> Callable[[str], date]:
    return lambda text: parse_date(text, field=name)
