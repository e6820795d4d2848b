"""How our letters look: the pieces of a page, for text that is already cleaned and bounded."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Paragraph, Spacer, Table

from backoffice.documents.typeface import BOLD, REGULAR, markup

PAGE = A4
MARGIN = 20 * mm

_WIDTH = A4[0] - 2 * MARGIN - 12  # a frame keeps 6 points free on either side
_INK, _QUIET, _ACCENT = HexColor("#1f2933"), HexColor("#52606d"), HexColor("#0b5c6b")
_LINE, _WASH = HexColor("#d5dce3"), HexColor("#eef5f6")
_LABEL_WIDTH = 32 * mm
_ALL = (0, 0), (-1, -1)
_CELL: list[tuple[Any, ...]] = [
    ("VALIGN", *_ALL, "TOP"),
    ("LEFTPADDING", *_ALL, 0),
    ("RIGHTPADDING", *_ALL, 0),
]

_BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=10, leading=13.5, textColor=_INK, splitLongWords=1)
_RIGHT = ParagraphStyle("right", _BODY, alignment=TA_RIGHT)
_SENDER = ParagraphStyle("sender", _RIGHT, fontSize=9, leading=12, textColor=_QUIET)
_LABEL = ParagraphStyle("label", _BODY, textColor=_QUIET)
_STRONG = ParagraphStyle("strong", _BODY, fontName=BOLD)
_STRONG_RIGHT = ParagraphStyle("strong right", _RIGHT, fontName=BOLD)
_NAME = ParagraphStyle("name", _BODY, fontName=BOLD, fontSize=17, leading=21, textColor=_ACCENT)
_TITLE = ParagraphStyle("title", _BODY, fontName=BOLD, fontSize=20, leading=25, spaceAfter=3)
_HEADING = ParagraphStyle(
    "heading", _STRONG, fontSize=12, leading=16, textColor=_ACCENT, spaceBefore=10, spaceAfter=2
)


class Footer:
    """A line at the foot of every page: what this is, and the number of the page."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, canvas: Canvas, document: Any) -> None:
        line = _paragraph(
            f"{self._text} · page {document.page}", ParagraphStyle("footer", _SENDER, fontSize=8)
        )
        _, height = line.wrap(_WIDTH, MARGIN)
        line.drawOn(canvas, MARGIN + 6, 11 * mm - height / 2)


def head(sender: str, contact: str) -> list[Flowable]:
    """The letterhead: the name on the left, the address on the right, a rule below."""
    names = Table(
        [[_paragraph(sender, _NAME), _paragraph(contact, _SENDER)]], colWidths=[_WIDTH * 0.58, _WIDTH * 0.42]
    )
    names.setStyle([*_CELL, ("RIGHTPADDING", (0, 0), (0, 0), 12)])
    return [names, HRFlowable(width="100%", thickness=1.5, color=_ACCENT, spaceBefore=6, spaceAfter=12)]


def address_and_date(address: str, date: str) -> list[Flowable]:
    """Where the letter goes, and its date."""
    if not address and not date:
        return []
    row = Table(
        [[_paragraph(address, _BODY), _paragraph(date, _RIGHT)]], colWidths=[_WIDTH * 0.65, _WIDTH * 0.35]
    )
    row.setStyle(_CELL)
    return [row, Spacer(1, 6 * mm)]


def headline(title: str, opening: str) -> list[Flowable]:
    """What the letter is about, large, and a sentence."""
    return [_paragraph(title, _TITLE), _paragraph(opening, _BODY), Spacer(1, 3 * mm)]


def facts(rows: list[tuple[str, str]]) -> Flowable:
    """Labels on the left, what they stand for on the right."""
    cells = [[_paragraph(label, _LABEL), _paragraph(text, _BODY)] for label, text in rows]
    table = Table(cells, colWidths=[_LABEL_WIDTH, _WIDTH - _LABEL_WIDTH], splitInRow=1)
    table.setStyle([*_CELL, ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE), ("TOPPADDING", (0, 0), (-1, -1), 3)])
    return table


def numbered(title: str, lines: list[str]) -> list[Flowable]:
    """A list with numbers; its heading never stands alone at the foot of a page."""
    items = [_paragraph(f"{number}.  {line}", _BODY) for number, line in enumerate(lines, start=1)]
    return [KeepTogether([_paragraph(title, _HEADING), items[0]]), *items[1:]]


def sums(title: str, lines: list[tuple[str, str, bool]]) -> list[Flowable]:
    """Amounts under each other on the right; a line that is marked stands out."""
    cells = [
        [
            _paragraph(label, _STRONG if strong else _BODY),
            _paragraph(amount, _STRONG_RIGHT if strong else _RIGHT),
        ]
        for label, amount, strong in lines
    ]
    table = Table(cells, colWidths=[_WIDTH * 0.7, _WIDTH * 0.3])
    rules = [("LINEABOVE", (0, row), (-1, row), 0.5, _LINE) for row, line in enumerate(lines) if line[2]]
    table.setStyle(
        [*_CELL, ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 2), *rules]
    )
    return [KeepTogether([_paragraph(title, _HEADING), table])]


def panel(title: str, text: str) -> list[Flowable]:
    """A tinted box for what the reader has to do."""
    content = [_paragraph(title, ParagraphStyle("panel", _HEADING, spaceBefore=0)), _paragraph(text, _BODY)]
    box = Table([[content]], colWidths=[_WIDTH], splitInRow=1)
    box.setStyle([("BACKGROUND", (0, 0), (-1, -1), _WASH), ("LINEBEFORE", (0, 0), (0, -1), 3, _ACCENT)])
    box.setStyle([(f"{side}PADDING", (0, 0), (-1, -1), 9) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")])
    return [Spacer(1, 4 * mm), KeepTogether([box])]


def closing(text: str) -> Flowable:
    """The last sentence."""
    return _paragraph(text, ParagraphStyle("closing", _BODY, spaceBefore=10))


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(markup(text, style.fontName), style)
