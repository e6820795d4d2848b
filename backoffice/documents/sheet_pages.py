"""The pages of a register on paper: their head with the code that opens the register, their foot, their texts."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas

from backoffice.documents import letterforms, qr_code
from backoffice.documents.fitting import Place, fit
from backoffice.documents.letterforms import drawable
from backoffice.documents.plain_text import one_line
from backoffice.documents.typeface import BOLD, REGULAR, register_fonts

MARGIN = 36.0
ROW = 29.0
INK, QUIET, LINE = HexColor("#1f2933"), HexColor("#52606d"), HexColor("#9aa5b1")
_QR = 74.0


@dataclass(frozen=True)
class SheetPerson:
    """One line. An empty name is written in by hand; `needs` may have several lines."""

    name: str
    company: str = ""
    needs: str = ""


@dataclass(frozen=True)
class RegisterSheet:
    """What both sheets say, in words. `days` are (label, hours): ("Mon 3 Mar", "09:00–16:00").

    `url` is the register's address for the QR code, `printed` when the sheet was made.
    """

    tenant_name: str
    course: str
    venue: str
    when: str
    instructors: str
    days: tuple[tuple[str, str], ...]
    people: tuple[SheetPerson, ...]
    url: str
    printed: str = ""


def write_pages(
    sheet: RegisterSheet, title: str, size: tuple[float, float], draw: Callable[[Paper], None]
) -> bytes:
    """What `draw` draws as a PDF; the same gives the same bytes. Drawn twice: the first time to count the pages."""
    register_fonts()
    rl_config.useA85 = 0  # binary streams, as everywhere: it is one setting for the process
    count = 0
    for _ in range(2):
        written = io.BytesIO()
        options: dict[str, Any] = {"invariant": 1, "initialFontName": REGULAR}
        canvas = Canvas(written, pagesize=size, lang="en-GB", **options)
        canvas.setTitle(one_line(f"{title}: {sheet.course}"))
        canvas.setAuthor(one_line(sheet.tenant_name))
        paper = Paper(canvas, size, count)
        draw(paper)
        paper.end()
        count = paper.number
        canvas.save()
    return written.getvalue()


class Paper:
    """Pages of one size; `y` is where the next thing is drawn, from the top down."""

    def __init__(self, canvas: Canvas, size: tuple[float, float], count: int) -> None:
        self.canvas = canvas
        self.width, self.height = size
        self.number = 0
        self.y = 0.0
        self.foot = ""
        self._count = count

    @property
    def inner(self) -> float:
        return self.width - 2 * MARGIN

    def begin(self) -> None:
        """A new page."""
        self.end()
        self.number += 1
        self.y = self.height - MARGIN

    def end(self) -> None:
        """The line at the foot, and the page is done."""
        if not self.number:
            return
        of = f" of {self._count}" if self._count else ""
        self.text(self.foot, (MARGIN, 22), Place(self.inner - 80, 10, 7.5, 6, 5, REGULAR), QUIET)
        self.canvas.setFont(REGULAR, 7.5)
        self.canvas.drawRightString(self.width - MARGIN, 22, f"Page {self.number}{of}")
        self.canvas.showPage()

    def text(self, text: str, at: tuple[float, float], place: Place, colour: Color) -> float:
        """Lines from this base line down, as many as the place takes; the base line below them."""
        self.canvas.setFillColor(colour)
        x, y = at
        fitted = fit(text, place)
        for line in fitted.lines:
            letterforms.draw(self.canvas, line, (x, y), place.font, fitted.size)
            y -= fitted.leading
        return y

    def cell(self, text: str, left: float, place: Place, colour: Color = INK) -> None:
        """A text in the middle of a row of a table, as high as ROW, that begins at `y`."""
        fitted = fit(text, place)
        top = self.y - (ROW - fitted.height) / 2
        self.text(text, (left, top - fitted.size * 0.95), place, colour)

    def rule(self, y: float, left: float = MARGIN, right: float | None = None) -> None:
        self.canvas.line(left, y, right or self.width - MARGIN, y)


def line_of(text: str, maximum: int = 320) -> str:
    """One line that can be drawn, whatever was typed."""
    return drawable(one_line(text, maximum=maximum))


def draw_head(paper: Paper, sheet: RegisterSheet, title: str) -> None:
    """What it is of: course, when, where, who teaches; and the code that opens the register."""
    top = paper.y
    paper.canvas.setFillColor(INK)
    width = paper.inner - _QR - 14
    qr_code.draw(paper.canvas, sheet.url, (paper.width - MARGIN - _QR, top - _QR + 4), _QR)
    paper.canvas.setFillColor(QUIET)
    paper.canvas.setFont(REGULAR, 7)
    paper.canvas.drawRightString(paper.width - MARGIN - 5, top - _QR - 3, "Opens the register")
    paper.text(line_of(f"{sheet.tenant_name} · {title}"), (MARGIN, top - 8), one(width, 9.5), QUIET)
    below = paper.text(line_of(sheet.course), (MARGIN, top - 26), Place(width, 34, 16, 12, 7, BOLD), INK)
    facts = (("When", sheet.when), ("Where", sheet.venue), ("Instructor", sheet.instructors))
    for label, text in facts:
        if not text:
            continue
        paper.text(label, (MARGIN, below), one(52, 9.5), QUIET)
        below = paper.text(
            line_of(text), (MARGIN + 56, below), Place(width - 56, 24, 9.5, 8, 6, REGULAR), INK
        )
        below -= 1.5
    paper.y = min(below - 4, top - _QR - 12)


def one(width: float, size: float, font: str = REGULAR) -> Place:
    """A place of one line."""
    return Place(width, size * 1.3, size, size * 0.8, 4, font)
