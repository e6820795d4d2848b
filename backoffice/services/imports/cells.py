"""One row of a table that came in, read cell by cell: all its faults are collected, to be corrected once."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import TypeVar

from backoffice.documents.spreadsheet_in import parse_date_uk, parse_time, parse_whole
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.money import parse_money
from backoffice.domain.text import clean_block, clean_email, clean_line, clean_phone, refuse_card_number
from backoffice.models import Tenant

T = TypeVar("T")

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
# Our own exports put an apostrophe before what a spreadsheet program would run as a formula.
_ESCAPED = re.compile(r"'(?=[=+\-@])")


class Cells:
    """Reads one row; what cannot be used is noted in `problems` and read as nothing."""

    def __init__(self, row: Mapping[str, str], tenant: Tenant) -> None:
        self._row = row
        self._tenant = tenant
        self.problems: list[str] = []

    def has(self, column: str) -> bool:
        """Whether the file has this column at all."""
        return column in self._row

    def text(self, column: str) -> str:
        """The cell as it stands, without the apostrophe that guards a formula."""
        return _ESCAPED.sub("", self._row.get(column, ""), count=1)

    def line(self, column: str, maximum: int = 200, *, required: bool = False) -> str:
        return self._read(
            column, lambda text: clean_line(text, field=column, maximum=maximum, required=required), ""
        )

    def block(self, column: str, maximum: int) -> str:
        """Several lines, without a card number: these are never written down."""
        return self._read(column, lambda text: _block(text, column, maximum), "")

    def lines(self, column: str, maximum: int = 200) -> list[str]:
        """The parts between semicolons; empty parts do not count."""
        parts = (part.strip() for part in self.text(column).split(";"))
        return [self._checked(column, part, maximum) for part in parts if part]

    def slug(self, column: str, *, required: bool = True) -> str:
        return self._read(column, lambda text: _slug(text, column, required), "")

    def email(self, column: str, *, required: bool = False) -> str | None:
        return self._read(column, lambda text: clean_email(text, field=column, required=required), None)

    def phone(self, column: str) -> str | None:
        """In E.164, a national number read as one of the tenant's country."""
        return self._read(column, lambda text: clean_phone(text, self._tenant.country, field=column), None)

    def whole(self, column: str, minimum: int, maximum: int) -> int:
        return self._read(
            column, lambda text: parse_whole(text, field=column, minimum=minimum, maximum=maximum), minimum
        )

    def whole_or_none(self, column: str, minimum: int, maximum: int) -> int | None:
        return self.whole(column, minimum, maximum) if self.text(column).strip() else None

    def money(self, column: str) -> int:
        """Minor units of the tenant's currency."""
        return self._read(column, lambda text: parse_money(text, self._tenant.currency, field=column), 0)

    def day(self, column: str) -> date | None:
        return self._read(column, lambda text: parse_date_uk(text, field=column), None)

    def days(self, column: str) -> list[date]:
        """The dates between semicolons, in order."""
        parts = [part for part in self.text(column).split(";") if part.strip()]
        return self._read(
            column, lambda _: sorted(parse_date_uk(part, field=column) for part in _needed(parts, column)), []
        )

    def clock(self, column: str) -> time | None:
        return self._read(column, lambda text: parse_time(text, field=column), None)

    def choice(self, column: str, words: Mapping[str, str]) -> str:
        """What a word of the file means; the faults name the words that are understood."""
        return self._read(column, lambda text: _choice(text, words), "")

    def refuse(self, column: str, sentence: str) -> None:
        self.problems.append(f"{column}: {sentence}")

    def _checked(self, column: str, part: str, maximum: int) -> str:
        return self._read(column, lambda _: clean_line(part, field=column, maximum=maximum), "")

    def _read(self, column: str, parse: Callable[[str], T], nothing: T) -> T:
        try:
            return parse(self.text(column))
        except DomainError as error:
            self.refuse(column, error.message)
            return nothing


def _block(text: str, column: str, maximum: int) -> str:
    block = clean_block(text, field=column, maximum=maximum)
    refuse_card_number(block, field=column)
    return block


def _slug(text: str, column: str, required: bool) -> str:
    slug = text.strip().lower()
    if not slug and not required:
        return ""
    if not SLUG.fullmatch(slug):
        raise Invalid(
            "slug", "Write a short name of letters, digits and hyphens, as first-aid.", field=column
        )
    return slug


def _needed(parts: list[str], column: str) -> list[str]:
    if not parts:
        raise Invalid("required", "At least one date is needed.", field=column)
    return parts


def _choice(text: str, words: Mapping[str, str]) -> str:
    word = "_".join(text.lower().replace("-", " ").split())
    if word not in words:
        raise Invalid("choice", f"“{text.strip()[:40]}” is not known here: use {', '.join(words)}.")
    return words[word]
