"""Which way a line of text runs: its pieces in the order in which they are seen.

The rules of Unicode (UAX 9) without nested levels, which no name has.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_STRONG = {"L": "L", "R": "R", "AL": "R"}
_NUMBERS = {"EN", "AN"}


@dataclass(frozen=True)
class Run:
    """A piece in one direction; its letters stand as they are read."""

    text: str
    is_right_to_left: bool


def runs_of(text: str) -> list[Run]:
    """The pieces of a line from left to right; the first letter with a direction says which way the line runs."""
    kinds = [_STRONG.get(unicodedata.bidirectional(letter)) for letter in text]
    base = next((kind for kind in kinds if kind), "L")
    if base == "L" and "R" not in kinds:
        return [Run(text, False)]
    directions = _with_neutrals(_with_brackets(text, _with_numbers(text, kinds), base), base)
    pairs = itertools.groupby(zip(directions, text, strict=True), key=lambda pair: pair[0])
    runs = [Run("".join(letter for _, letter in group), direction == "R") for direction, group in pairs]
    return runs if base == "L" else runs[::-1]


def _with_numbers(text: str, kinds: Sequence[str | None]) -> list[str | None]:
    """Figures run from left to right everywhere; marks run with their letter."""
    found: list[str | None] = []
    for letter, kind in zip(text, kinds, strict=True):
        direction = unicodedata.bidirectional(letter)
        if direction in _NUMBERS:
            kind = "L"
        elif direction in ("NSM", "BN") and found:
            kind = found[-1]
        found.append(kind)
    return found


def _with_brackets(text: str, kinds: list[str | None], base: str) -> list[str | None]:
    """Both brackets of a pair run one way: the line's where anything between them does, otherwise that of their words."""
    found, opened = list(kinds), []
    for place, letter in enumerate(text):
        if letter in "([{":
            opened.append(place)
        elif letter in ")]}" and opened:
            start = opened.pop()
            inside = {kind for kind in kinds[start:place] if kind}
            before = next((kind for kind in reversed(found[:start]) if kind), base)
            if inside:
                found[start] = found[place] = base if base in inside else before
    return found


def _with_neutrals(kinds: Sequence[str | None], base: str) -> list[str]:
    """Spaces and signs run with their neighbours where these agree, otherwise with the line."""
    found: list[str] = []
    for place, kind in enumerate(kinds):
        if kind is None:
            before = found[-1] if found else base
            after = next((later for later in kinds[place:] if later), base)
            kind = before if before == after else base
        found.append(kind)
    return found
