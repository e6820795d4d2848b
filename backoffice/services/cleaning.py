"""What was entered, field by field, made safe to store; every wrong field is said at once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, clean_email, clean_line

# (name of the field, what was entered) -> what to store; raises Invalid
Cleaner = Callable[[str, Any], Any]

LIST_MAXIMUM = 200


def clean_all(
    values: Mapping[str, Any], cleaners: Mapping[str, Cleaner], needed: Iterable[str] = ()
) -> dict[str, Any]:
    """The cleaned values of those fields that were given; `needed` ones must be given and not empty.

    Raises Invalid for all wrong fields together, KeyError for a field that has no cleaner.
    """
    cleaned, wrong = dict[str, Any](), dict[str, str]()
    for name, value in values.items():
        try:
            cleaned[name] = cleaners[name](name, value)
        except Invalid as error:
            wrong |= error.fields
    for name in needed:
        if cleaned.get(name) in (None, "") and name not in wrong:
            wrong[name] = "Fill this in."
    if wrong:
        raise Invalid.of(wrong)
    return cleaned


def line(maximum: int, *, nullable: bool = True) -> Cleaner:
    """One line; nothing is stored as NULL unless `nullable` is off."""
    return lambda name, value: clean_line(value, field=name, maximum=maximum) or (None if nullable else "")


def block(maximum: int) -> Cleaner:
    """Several lines; nothing is stored as NULL."""
    return lambda name, value: clean_block(value, field=name, maximum=maximum) or None


def lines(maximum: int) -> Cleaner:
    """A list of short texts, or a text with one on each line."""

    def clean(name: str, value: Any) -> list[str]:
        given = value.splitlines() if isinstance(value, str) else list(value or ())
        if len(given) > LIST_MAXIMUM:
            raise Invalid("too_long", f"Enter at most {LIST_MAXIMUM} lines.", field=name)
        cleaned = [clean_line(each, field=name, maximum=maximum) for each in given]
        return [each for each in cleaned if each]

    return clean


def whole(least: int, most: int) -> Cleaner:
    """A whole number within bounds, both included; None stays None."""

    def clean(name: str, value: Any) -> int | None:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Invalid("out_of_range", f"Enter a whole number from {least:,} to {most:,}.", field=name)
        return value

    return clean


def one_of(words: Iterable[str]) -> Cleaner:
    """One of a few stored words."""
    known = frozenset(words)

    def clean(name: str, value: Any) -> str:
        if value not in known:
            raise Invalid("unknown_choice", "Choose one of the list.", field=name)
        return str(value)

    return clean


def yes_no(name: str, value: Any) -> bool:
    return bool(value)


def email(name: str, value: Any) -> str | None:
    return clean_email(value, field=name)


def row_id(name: str, value: Any) -> UUID | None:
    """The id of another record; whether there is one is the database's question."""
    if value is None or isinstance(value, UUID):
        return value
    raise Invalid("unknown_choice", "Choose one of the list.", field=name)
