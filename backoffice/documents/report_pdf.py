"""A report on paper: A4 across, tables whose heading stands on every page, in words and figures already written out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer

from backoffice.documents.plain_text import one_line
from backoffice.documents.typeface import BOLD, REGULAR, markup, register_fonts

PAGE = landscape(A4)
MARGIN = 14 * mm
_WIDTH = PAGE[0] - 2 * MARGIN - 12
_SIZE, _LEADING, _PADDING = 8, 10.5, 3
_INK, _QUIET, _ACCENT, _LINE = (
    HexColor("#1f2933"),
    HexColor("#52606d"),
    HexColor("#0b5c6b"),
    HexColor("#d5dce3"),
)
_BODY = ParagraphStyle("report", fontName=REGULAR, fontSize=_SIZE, leading=_LEADING, textColor=_INK)
_FACTS = ParagraphStyle("report facts", _BODY, fontSize=9, leading=12, textColor=_QUIET)
_TITLE = ParagraphStyle("report title", _BODY, fontName=BOLD, fontSize=17, leading=22, textColor=_ACCENT)
_HEADING = ParagraphStyle(
    "report heading", _BODY, fontName=BOLD, fontSize=11, leading=15, spaceBefore=8, spaceAfter=3
)
# Columns are as wide as the longest of their first texts; what is longer is cut.
_MEASURED = 300
_LONGEST_CELL = 60


@dataclass(frozen=True)
class PrintedTable:
    """Headings with whether they stand on the right, rows of texts, and the last line, if there is one."""

    heading: str
    header: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None


@dataclass(frozen=True)
class PrintedReport:
    """All that the file says."""

    provider: str
    title: str
    facts: str
    tables: Sequence[PrintedTable]
    remarks: Sequence[str] = ()


def report_pdf(report: PrintedReport) -> bytes:
    """The report as a PDF; the same report gives the same bytes."""
    register_fonts()
    written = io.BytesIO()
    title = one_line(f"{report.title}, {report.provider}")
    document = SimpleDocTemplate(
        written,
        pagesize=PAGE,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=18 * mm,
        title=title,
        author=one_line(report.provider),
        invariant=1,
    )
    foot = _Foot(title)
    document.build(_story(report), onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


class _Foot:
    """What this is, and the number of the page."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, canvas: Canvas, document: Any) -> None:
        line = Paragraph(markup(f"{self._text} · page {document.page}"), _FACTS)
        line.wrap(_WIDTH, MARGIN)
        line.drawOn(canvas, MARGIN + 6, 9 * mm)


def _story(report: PrintedReport) -> list[Flowable]:
    story: list[Flowable] = [
        Paragraph(markup(one_line(report.title), BOLD), _TITLE),
        Paragraph(markup(one_line(f"{report.provider} · {report.facts}", maximum=500)), _FACTS),
        Spacer(1, 3 * mm),
    ]
    for table in report.tables:
        story += [Paragraph(markup(one_line(table.heading), BOLD), _HEADING), _table(table)]
    for remark in report.remarks:
        story.append(Paragraph(markup(one_line(remark, maximum=500)), _FACTS))
    return story


def _table(table: PrintedTable) -> Flowable:
    rows = [[label for label, _ in table.header], *table.rows, *([table.total] if table.total else [])]
    widths = _widths(rows)
    fonts = [
        BOLD if number == 0 or table.total and number == len(rows) - 1 else REGULAR
        for number in range(len(rows))
    ]
    rights = [is_right for _, is_right in table.header]
    cells = [
        [_cell(text, widths[place], font) for place, text in enumerate(row)]
        for row, font in zip(rows, fonts, strict=True)
    ]
    drawn = LongTable(cells, colWidths=widths, repeatRows=1)
    drawn.setStyle(_style(rights, has_total=table.total is not None))
    return drawn


def _style(rights: list[bool], *, has_total: bool) -> list[tuple[Any, ...]]:
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), REGULAR, _SIZE, _LEADING),
        ("FONT", (0, 0), (-1, 0), BOLD, _SIZE, _LEADING),
        ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, _ACCENT),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *((f"{side}PADDING", (0, 0), (-1, -1), _PADDING) for side in ("LEFT", "RIGHT")),
        *((f"{side}PADDING", (0, 0), (-1, -1), 1.5) for side in ("TOP", "BOTTOM")),
        *(("ALIGN", (place, 0), (place, -1), "RIGHT") for place, is_right in enumerate(rights) if is_right),
    ]
    if has_total:
        style.append(("FONT", (0, -1), (-1, -1), BOLD, _SIZE, _LEADING))
    return style


def _widths(rows: Sequence[Sequence[str]]) -> list[float]:
    measured = [*rows[:_MEASURED], rows[-1]]
    natural = [
        max(stringWidth(row[place][:_LONGEST_CELL], BOLD, _SIZE) for row in measured) + 2 * _PADDING + 1
        for place in range(len(rows[0]))
    ]
    room = _WIDTH / sum(natural)
    # Narrow columns keep their width, so that figures are whole; wide ones give way.
    if room >= 1:
        return natural
    fair = _WIDTH / len(natural)
    kept = sum(width for width in natural if width <= fair)
    wide = sum(width for width in natural if width > fair)
    return [width if width <= fair else width * (_WIDTH - kept) / wide for width in natural]


def _cell(text: str, width: float, font: str) -> Any:
    """A plain text is drawn ten times as fast as a paragraph, but only in one font."""
    shown = one_line(text, maximum=200)
    if not shown.isascii() and not _is_latin(shown):
        return Paragraph(markup(shown, font), _BODY)
    room = width - 2 * _PADDING
    if stringWidth(shown, font, _SIZE) <= room + 0.5:
        return shown
    while shown and stringWidth(f"{shown}…", font, _SIZE) > room:
        shown = shown[:-1]
    return f"{shown}…"


def _is_latin(text: str) -> bool:
    return all(ord(letter) < 0x180 or letter in "–—’‘“”…·€−" for letter in text)
