"""Text that fits its place at any length: first smaller, then on more lines, then smaller still."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

from backoffice.documents.letterforms import is_plain, width_of

LEADING = 1.22
_STEP = 0.5


@dataclass(frozen=True)
class Place:
    """Where a text goes: points wide and high, its usual size, and the one below which it rather wraps."""

    width: float
    height: float
    size: float
    wraps_below: float
    smallest: float
    font: str


@dataclass(frozen=True)
class Fitted:
    """The lines and their size (points)."""

    lines: tuple[str, ...]
    size: float

    @property
    def leading(self) -> float:
        return self.size * LEADING

    @property
    def height(self) -> float:
        return len(self.lines) * self.leading


@functools.lru_cache(maxsize=512)
def fit(text: str, place: Place) -> Fitted:
    """`text` in lines that fit; what does not even fit at the smallest size ends with "…". Empty text has no lines."""
    if not text:
        return Fitted((), place.size)
    natural = width_of(text, place.font)
    size = min(place.size, place.width / natural) if natural else place.size
    if size >= place.wraps_below:
        return Fitted((text,), size)
    size = place.wraps_below
    while True:
        lines = wrap(text, place.font, place.width / size)
        fitted = Fitted(tuple(lines), size)
        if fitted.height <= place.height:
            return fitted
        if size <= place.smallest:
            return _cut(fitted, place)
        size = max(place.smallest, size - _STEP)


def wrap(text: str, font: str, width: float) -> list[str]:
    """Lines of at most this width at a size of 1, broken between words, within a word where it is too long alone."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _bits(paragraph):
            if width_of((line + word).rstrip(), font) <= width:
                line += word
                continue
            if line.strip():
                lines.append(line.rstrip())
            *full, line = _split(word.lstrip(), font, width)
            lines += full
        lines.append(line.rstrip())
    return lines


def _bits(text: str) -> list[str]:
    """Words with the space before them; where words have no spaces, each sign is one."""
    bits: list[str] = []
    for letter in text:
        is_new = not bits or letter == " " or (_stands_alone(letter) and not _is_bound(letter))
        after_sign = bits and _stands_alone(bits[-1][-1]) and not _is_bound(letter)
        if is_new or (after_sign and letter.isalnum()):
            bits.append(letter)
        else:
            bits[-1] += letter
    return bits


def _stands_alone(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF" and letter.isalpha()


def _is_bound(letter: str) -> bool:
    """Marks, joiners and closing signs never begin a line."""
    return unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf", "Sk", "Pe", "Po")


def _split(word: str, font: str, width: float) -> list[str]:
    """A word in pieces that each fit; the last one may be empty."""
    is_sum = is_plain(word, font)
    pieces, piece, used = [], "", 0.0
    for letter in word:
        used = used + width_of(letter, font) if is_sum else width_of(piece + letter, font)
        if piece and used > width and not _is_bound(letter):
            pieces.append(piece)
            piece, used = "", width_of(letter, font)
        piece += letter
    return [*pieces, piece]


def _cut(fitted: Fitted, place: Place) -> Fitted:
    most = max(1, int(place.height / fitted.leading))
    if len(fitted.lines) <= most:
        return fitted
    last = fitted.lines[most - 1]
    while last and width_of(last + "…", place.font) > place.width / fitted.size:
        last = last[:-1]
    return Fitted((*fitted.lines[: most - 1], last + "…"), fitted.size)
