"""What a course covered, as lists beside each other at the largest size that fits."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from backoffice.documents import letterforms
from backoffice.documents.fitting import LEADING, Place, fit

MOST = 40
_TITLE = "It covered"
_GUTTER = 24.0
_NARROW = 420.0
_INK, _QUIET = HexColor("#1f2933"), HexColor("#52606d")
_STEP = 0.5

Entry = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The entries of each column, filled downwards; an entry is its lines. Sizes in points."""

    columns: tuple[tuple[Entry, ...], ...]
    size: float
    font: str

    @property
    def height(self) -> float:
        most = max((_lines(column) for column in self.columns), default=0)
        return most * self.size * LEADING + self.size * 1.9 if most else 0.0

    def draw(self, canvas: Canvas, middle: float, top: float) -> float:
        """Draw around this middle, from this upper edge; the lower edge."""
        canvas.setFillColor(_QUIET)
        canvas.setFont(self.font, self.size)
        canvas.drawCentredString(middle, top - self.size, _TITLE)
        width = self._widest()
        left = middle - (width * len(self.columns) + _GUTTER * (len(self.columns) - 1)) / 2
        for number, column in enumerate(self.columns):
            self._column(canvas, column, (left + number * (width + _GUTTER), top - self.size * 1.9))
        return top - self.height

    def _widest(self) -> float:
        lines = [line for column in self.columns for entry in column for line in entry]
        return (max(letterforms.width_of(line, self.font) for line in lines) + 1) * self.size

    def _column(self, canvas: Canvas, column: tuple[Entry, ...], at: tuple[float, float]) -> None:
        x, y = at
        canvas.setFillColor(_INK)
        for entry in column:
            canvas.setFont(self.font, self.size)
            canvas.drawString(x, y - self.size, "•")
            for line in entry:
                letterforms.draw(canvas, line, (x + self.size, y - self.size), self.font, self.size)
                y -= self.size * LEADING


@functools.lru_cache(maxsize=64)
def arrange(outcomes: tuple[str, ...], place: Place) -> Columns:
    """All of them as large as they fit; how many do not even fit at the smallest size is said in the last line."""
    texts = [text for text in outcomes if text]
    size, shown = place.size, min(len(texts), MOST)
    while True:
        arranged = _arrange(_with_rest(texts, shown), replace(place, size=size))
        if arranged.height <= place.height or (shown <= 1 and size <= place.smallest):
            return arranged
        if size > place.smallest:
            size = max(place.smallest, size - _STEP)
        else:
            shown -= 1


def _with_rest(texts: list[str], shown: int) -> list[str]:
    rest = len(texts) - shown
    return [*texts[:shown], f"and {rest} more"] if rest else texts


def _arrange(texts: list[str], place: Place) -> Columns:
    count = 1 if len(texts) <= 3 else 2
    width = (_NARROW if count == 1 else (place.width - _GUTTER) / count) - place.size
    room = replace(place, width=width, height=400, wraps_below=place.size, smallest=place.size)
    entries = [fit(text, room).lines for text in texts]
    return Columns(_filled(entries, count), place.size, place.font)


def _filled(entries: list[Entry], count: int) -> tuple[tuple[Entry, ...], ...]:
    """The entries in columns of about the same number of lines."""
    share = _lines(tuple(entries)) / count
    columns: list[tuple[Entry, ...]] = []
    column: tuple[Entry, ...] = ()
    for entry in entries:
        if column and len(columns) < count - 1 and _lines(column) + len(entry) / 2 > share:
            columns.append(column)
            column = ()
        column = (*column, entry)
    return (*columns, column) if column else tuple(columns)


def _lines(column: tuple[Entry, ...]) -> int:
    return sum(map(len, column))
