"""What the people on a date need, on paper: access, diet, health. Confidential; nobody without a need is on it."""

from __future__ import annotations

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4

from backoffice.documents import letterforms
from backoffice.documents.fitting import Place, fit, wrap
from backoffice.documents.letterforms import drawable
from backoffice.documents.plain_text import block
from backoffice.documents.sheet_pages import (
    INK,
    LINE,
    MARGIN,
    QUIET,
    Paper,
    RegisterSheet,
    SheetPerson,
    draw_head,
    line_of,
    one,
    write_pages,
)
from backoffice.documents.typeface import BOLD, REGULAR

CONFIDENTIAL = "CONFIDENTIAL"

_ALARM = HexColor("#9b1c13")
_NUMBER = 24.0
_NEED = 10.0
_NEED_LEADING = 13.0
_NAME_WIDTH = 165.0


def needs_sheet_pdf(sheet: RegisterSheet) -> bytes:
    """Who needs what, and nobody else; every page is marked confidential. The same sheet gives the same bytes."""
    return write_pages(sheet, "Access and dietary needs", A4, lambda paper: _needs(paper, sheet))


def _needs(paper: Paper, sheet: RegisterSheet) -> None:
    paper.foot = line_of(
        f"{CONFIDENTIAL}: for the instructor only. Destroy it after the course. {sheet.printed}", 200
    )
    _needs_page(paper, sheet)
    told = [(number, person) for number, person in enumerate(sheet.people, 1) if person.needs.strip()]
    for number, person in told:
        _need(paper, sheet, number, person)
    _rest(paper, len(sheet.people) - len(told), is_all=not told)


def _needs_page(paper: Paper, sheet: RegisterSheet) -> None:
    paper.begin()
    paper.canvas.setFillColor(_ALARM)
    paper.canvas.rect(MARGIN, paper.y - 17, paper.inner, 20, stroke=0, fill=1)
    sentence = f"{CONFIDENTIAL} · personal and health details, for the instructor only"
    paper.text(sentence, (MARGIN + 8, paper.y - 10.5), one(paper.inner - 16, 10.5, BOLD), HexColor("#ffffff"))
    paper.y -= 30
    draw_head(paper, sheet, "Access and dietary needs")
    paper.canvas.setStrokeColor(LINE)
    paper.canvas.setLineWidth(0.6)
    paper.rule(paper.y)


def _need(paper: Paper, sheet: RegisterSheet, number: int, person: SheetPerson) -> None:
    left = MARGIN + _NUMBER + _NAME_WIDTH
    lines = _needs_lines(person.needs, paper.width - MARGIN - left)
    name = fit(line_of(person.name), Place(_NAME_WIDTH - 10, 60, 11, 9.5, 6, BOLD))
    is_first = True
    while lines:
        room = int((paper.y - 52) / _NEED_LEADING)
        if room < min(len(lines), 3) or (is_first and paper.y - name.height < 52):
            _needs_page(paper, sheet)
            continue
        paper.text(str(number), (MARGIN, paper.y - 14), one(_NUMBER - 4, 9.5), QUIET)
        shown = line_of(person.name) if is_first else f"{line_of(person.name)} (continued)"
        below = paper.text(
            shown, (MARGIN + _NUMBER, paper.y - 14), Place(_NAME_WIDTH - 10, 60, 11, 9.5, 6, BOLD), INK
        )
        paper.canvas.setFillColor(INK)
        y = paper.y - 14
        for line in lines[:room]:
            letterforms.draw(paper.canvas, line, (left, y), REGULAR, _NEED)
            y -= _NEED_LEADING
        lines, is_first = lines[room:], False
        paper.y = min(y, below) + 4
        paper.canvas.setStrokeColor(LINE)
        paper.rule(paper.y)


def _needs_lines(text: str, width: float) -> list[str]:
    paragraphs = block(text, maximum=4000, maximum_lines=80).split("\n")
    drawn = [drawable(each) for each in paragraphs if each.strip()]
    return [line for each in drawn for line in wrap(each, REGULAR, width / _NEED)]


def _rest(paper: Paper, count: int, *, is_all: bool) -> None:
    others = "1 other person" if count == 1 else f"{count} others"
    if is_all:
        sentence = "Nobody on this date has told us of any needs. Ask again at the beginning of the course."
    elif count:
        sentence = f"The {others} on this date told us of no needs. Ask again at the beginning of the course."
    else:
        return
    paper.text(sentence, (MARGIN, paper.y - 20), one(paper.inner, 9.5), QUIET)
