"""The register on paper, to be signed by everybody on each day, with blank lines for whoever comes instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape

from backoffice.documents.fitting import Place
from backoffice.documents.sheet_pages import (
    INK,
    LINE,
    MARGIN,
    QUIET,
    ROW,
    Paper,
    RegisterSheet,
    SheetPerson,
    draw_head,
    line_of,
    one,
    write_pages,
)
from backoffice.documents.typeface import BOLD, REGULAR

SUBSTITUTES = 4
# More columns for signatures than these are too narrow for a pen: the rest goes on further pages.
MOST_DAYS = 5

_WASH = HexColor("#eef2f5")
_TITLES, _FOOT, _GAP = 30.0, 62.0, 17.0
_NUMBER = 24.0
_UPRIGHT_DAYS = 3
# How much of the width the signatures of so many days take.
_SIGNING = {1: 0.36, 2: 0.46, 3: 0.52}


def register_sheet_pdf(sheet: RegisterSheet) -> bytes:
    """The sheet to sign as A4 pages, across from four days on; the same sheet gives the same bytes."""
    size = A4 if len(sheet.days) <= _UPRIGHT_DAYS else landscape(A4)
    return write_pages(sheet, "Register", size, lambda paper: _signing(paper, sheet))


@dataclass(frozen=True)
class _Columns:
    """Where the columns begin: number, name, company, one for each day; and the right edge."""

    name: float
    company: float
    days: tuple[float, ...]
    right: float

    @property
    def edges(self) -> tuple[float, ...]:
        return (MARGIN, self.name, self.company, *self.days, self.right)


def _signing(paper: Paper, sheet: RegisterSheet) -> None:
    paper.foot = line_of(" · ".join(filter(None, (sheet.course, sheet.when, sheet.printed))), 160)
    days = sheet.days or (("", ""),)
    for first in range(0, len(days), MOST_DAYS):
        _table(paper, sheet, days[first : first + MOST_DAYS])


def _columns(paper: Paper, count: int) -> _Columns:
    name = MARGIN + _NUMBER
    signing = paper.inner * _SIGNING.get(count, 0.6)
    rest = paper.inner - _NUMBER - signing
    company = name + rest * 0.58
    first = name + rest
    width = signing / count
    days = tuple(first + number * width for number in range(count))
    return _Columns(name, company, days, paper.width - MARGIN)


def _table(paper: Paper, sheet: RegisterSheet, days: Sequence[tuple[str, str]]) -> None:
    columns = _columns(paper, len(days))
    paper.begin()
    draw_head(paper, sheet, "Register")
    _titles(paper, columns, days)
    lines = [*enumerate(sheet.people, 1), *((0, None) for _ in range(SUBSTITUTES))]
    for place, (number, person) in enumerate(lines):
        is_first_blank = number == 0 and place == len(sheet.people)
        if paper.y - ROW - (_GAP if is_first_blank else 0) < _room_at_foot(place, len(lines)):
            paper.begin()
            draw_head(paper, sheet, "Register")
            _titles(paper, columns, days)
        if is_first_blank:
            _substitutes_begin(paper)
        _row(paper, columns, number, person)
    _sign_off(paper)


def _room_at_foot(place: int, count: int) -> float:
    """The last row keeps room for the instructor's signature below it."""
    return 36.0 + (_FOOT - 20 if place == count - 1 else 0)


def _titles(paper: Paper, columns: _Columns, days: Sequence[tuple[str, str]]) -> None:
    paper.canvas.setFillColor(_WASH)
    paper.canvas.rect(MARGIN, paper.y - _TITLES, paper.inner, _TITLES, stroke=0, fill=1)
    low = paper.y - 18
    for left, label in ((MARGIN + 4, "No"), (columns.name + 5, "Name"), (columns.company + 5, "Company")):
        paper.text(label, (left, low), one(80, 9, BOLD), INK)
    width = columns.right - columns.days[-1] - 10
    for left, (label, hours) in zip(columns.days, days, strict=True):
        paper.text(line_of(f"Signature {label}".strip()), (left + 5, paper.y - 12), one(width, 9, BOLD), INK)
        paper.text(line_of(hours), (left + 5, paper.y - 23), one(width, 8), QUIET)
    paper.y -= _TITLES
    paper.canvas.setStrokeColor(LINE)
    paper.canvas.setLineWidth(0.6)
    paper.rule(paper.y)


def _substitutes_begin(paper: Paper) -> None:
    paper.y -= _GAP
    paper.text("Substitutes and others who came", (MARGIN + 4, paper.y + 4), one(300, 7.5), QUIET)
    paper.canvas.setStrokeColor(LINE)
    paper.rule(paper.y)


def _row(paper: Paper, columns: _Columns, number: int, person: SheetPerson | None) -> None:
    if number:
        paper.cell(str(number), MARGIN + 5, one(_NUMBER - 6, 9.5), QUIET)
    if person:
        room = columns.company - columns.name - 10
        paper.cell(line_of(person.name), columns.name + 5, Place(room, ROW - 4, 11, 9, 5, BOLD))
        room = columns.days[0] - columns.company - 10
        paper.cell(line_of(person.company), columns.company + 5, Place(room, ROW - 4, 9.5, 8, 5, REGULAR))
    canvas = paper.canvas
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    for edge in columns.edges:
        canvas.line(edge, paper.y, edge, paper.y - ROW)
    paper.y -= ROW
    paper.rule(paper.y)


def _sign_off(paper: Paper) -> None:
    y = paper.y - 34
    middle = MARGIN + paper.inner * 0.62
    paper.canvas.setStrokeColor(LINE)
    paper.rule(y, MARGIN, middle - 14)
    paper.rule(y, middle)
    paper.text("Instructor's signature", (MARGIN, y - 10), one(200, 8), QUIET)
    paper.text("Date", (middle, y - 10), one(100, 8), QUIET)
