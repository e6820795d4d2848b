"""A QR code on paper."""

from __future__ import annotations

from typing import Any

import segno
from reportlab.pdfgen.canvas import Canvas

# The standard lets a maker choose the mask; trying all eight takes longer than the rest of a page.
MASK = 3
ERROR_LEVEL = "m"
QUIET_ZONE = 4


def modules(text: str) -> list[bytearray]:
    """Its rows from the top, one byte for each module; no quiet zone. The same text gives the same modules."""
    code = segno.make(text, error=ERROR_LEVEL, micro=False, mask=MASK, boost_error=False)
    return list(code.matrix)


def draw(canvas: Canvas, text: str, at: tuple[float, float], side: float) -> None:
    """Draw the code with its quiet zone in a square of this side (points), from its lower left corner, in black."""
    rows = modules(text)
    module = side / (len(rows) + 2 * QUIET_ZONE)
    canvas.saveState()
    canvas.translate(at[0] + QUIET_ZONE * module, at[1] + QUIET_ZONE * module)
    canvas.scale(module, module)
    canvas.setFillGray(0)
    page: Any = canvas  # whole numbers, written past the library, whose paths format each as a fraction
    page._code.append(_rectangles(rows))
    canvas.restoreState()


def _rectangles(rows: list[bytearray]) -> str:
    """Every dark module as part of a rectangle, and the word that fills them; one unit is one module."""
    boxes = [
        f"{start} {base} {length} 1 re"
        for base, row in enumerate(reversed(rows))
        for start, length in _dark_runs(row)
    ]
    return " ".join([*boxes, "f"])


def _dark_runs(row: bytearray) -> list[tuple[int, int]]:
    """Neighbouring dark modules as one: (first, how many)."""
    runs: list[tuple[int, int]] = []
    for place, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
