"""A certificate on paper: A4 across, one page, whatever the length of its texts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfutils import readJPEGInfo
from reportlab.pdfgen.canvas import Canvas

from backoffice.documents import letterforms, qr_code
from backoffice.documents.fitting import Fitted, Place, fit
from backoffice.documents.letterforms import drawable
from backoffice.documents.outcome_columns import Columns, arrange
from backoffice.documents.plain_text import block, one_line
from backoffice.documents.typeface import BOLD, REGULAR, register_fonts

COLOUR = "#0b5c6b"
NO_EXPIRY = "Does not expire"

PAGE = landscape(A4)
_WIDTH, _HEIGHT = PAGE
_MIDDLE = _WIDTH / 2
_SIDE = 58.0
_INNER = _WIDTH - 2 * _SIDE
_FOOT = 140.0  # the foot's upper edge
_HEAD = _HEIGHT - 46.0  # the head's upper edge
_INK, _QUIET, _LINE = HexColor("#1f2933"), HexColor("#52606d"), HexColor("#b8c2cc")
_QR = 92.0

_PROVIDER = Place(_INNER, 40, 17, 11, 7, BOLD)
_NAME = Place(_INNER, 82, 36, 22, 6, BOLD)
_COURSE = Place(_INNER, 50, 21, 14, 7, BOLD)
_DATES = Place(_INNER, 30, 12, 9, 6, REGULAR)
_WORDING = Place(_INNER - 40, 52, 9.5, 9.5, 4.5, REGULAR)
_OUTCOMES = Place(_INNER - 40, 88, 9.5, 9.5, 5, REGULAR)


@dataclass(frozen=True)
class CertificatePaper:
    """Everything that the paper says, in words; dates are written out. Empty fields leave their part out.

    `logo` is a JPEG, `colour` "#rrggbb". `ended` ("REPLACED", "REVOKED", "SPECIMEN") stands across the page.
    """

    tenant_name: str
    holder: str
    course: str
    dates: str
    number: str
    issued: str
    check_url: str
    expires: str = ""
    instructor: str = ""
    outcomes: tuple[str, ...] = ()
    wording: str = ""
    logo: bytes | None = None
    colour: str = COLOUR
    signatory: str = ""
    signatory_role: str = ""
    ended: str = ""


def certificate_pdf(paper: CertificatePaper) -> bytes:
    """The paper as a PDF of one page; the same paper gives the same bytes."""
    register_fonts()
    rl_config.useA85 = 0  # binary streams: a fifth smaller, and not written twice
    written = io.BytesIO()
    options: dict[str, Any] = {"invariant": 1, "pageCompression": 1, "initialFontName": REGULAR}
    canvas = Canvas(written, pagesize=PAGE, lang="en-GB", **options)
    canvas.setTitle(one_line(f"Certificate {paper.number}, {paper.holder}"))
    canvas.setAuthor(one_line(paper.tenant_name))
    canvas.setSubject(one_line(paper.course))
    canvas.setCreator("")
    _Page(canvas, paper).draw()
    canvas.showPage()
    canvas.save()
    return written.getvalue()


class _Page:
    """Draws one paper from the top to the foot."""

    def __init__(self, canvas: Canvas, paper: CertificatePaper) -> None:
        self._canvas = canvas
        self._paper = paper
        self._accent = HexColor(paper.colour)

    def draw(self) -> None:
        self._frame()
        top = self._head()
        self._body(top)
        self._facts()
        self._signature()
        self._check()
        if self._paper.ended:
            self._across(one_line(self._paper.ended, maximum=20))

    def _frame(self) -> None:
        canvas = self._canvas
        canvas.setStrokeColor(self._accent)
        canvas.setLineWidth(2.4)
        canvas.rect(20, 20, _WIDTH - 40, _HEIGHT - 40)
        canvas.setLineWidth(0.6)
        canvas.rect(26, 26, _WIDTH - 52, _HEIGHT - 52)

    def _head(self) -> float:
        """The logo, the provider's name and the title; where the body begins."""
        top = _HEAD
        if self._paper.logo:
            top -= self._logo(self._paper.logo, top) + 4
        name = fit(_line(self._paper.tenant_name), _PROVIDER)
        if self._paper.logo:
            name = fit(_line(self._paper.tenant_name), Place(_INNER, 26, 12, 9, 6, BOLD))
        top = self._centred(name, top, BOLD, self._accent)
        return self._centred(Fitted(("Certificate",), 30), top - 4, REGULAR, _INK)

    def _logo(self, jpeg: bytes, top: float) -> float:
        image = _Jpeg(jpeg)
        wide, high = image.getSize()
        scale = min(170 / wide, 46 / high)
        width, height = wide * scale, high * scale
        self._canvas.drawImage(image, _MIDDLE - width / 2, top - height, width, height)
        return height

    def _body(self, top: float) -> None:
        """Parts one below the other; what room is left lies between them."""
        paper = self._paper
        outcomes = arrange(tuple(map(_line, paper.outcomes)), _OUTCOMES)
        parts: list[tuple[Fitted | Columns, str, Any]] = [
            (fit("This is to certify that", _DATES), REGULAR, _QUIET),
            (fit(_line(paper.holder), _NAME), BOLD, self._accent),
            (fit("has completed and passed the course", _DATES), REGULAR, _QUIET),
            (fit(_line(paper.course), _COURSE), BOLD, _INK),
            (fit(_line(_taught(paper), 600), _DATES), REGULAR, _INK),
            (outcomes, REGULAR, _INK),
            (fit(_lines(paper.wording), _WORDING), REGULAR, _QUIET),
        ]
        parts = [part for part in parts if part[0].height]
        used = sum(part[0].height for part in parts)
        gap = min(17.0, max(0.0, (top - _FOOT - used) / (len(parts) + 1)))
        top -= max(0.0, (top - _FOOT - used - gap * (len(parts) - 1)) / 2)
        for fitted, font, colour in parts:
            top = self._part(fitted, top, font, colour) - gap

    def _part(self, part: Fitted | Columns, top: float, font: str, colour: Any) -> float:
        if isinstance(part, Columns):
            return part.draw(self._canvas, _MIDDLE, top)
        return self._centred(part, top, font, colour)

    def _centred(self, fitted: Fitted, top: float, font: str, colour: Any) -> float:
        """Lines around the middle of the page; their lower edge."""
        self._canvas.setFillColor(colour)
        for line in fitted.lines:
            width = letterforms.width_of(line, font) * fitted.size
            at = _MIDDLE - width / 2, top - fitted.size * 0.95
            letterforms.draw(self._canvas, line, at, font, fitted.size)
            top -= fitted.leading
        return top

    def _left(self, text: str, at: tuple[float, float], place: Place, colour: Any) -> float:
        """Lines from the left, the first one on this base line; the base line below the last."""
        self._canvas.setFillColor(colour)
        x, y = at
        fitted = fit(text, place)
        for line in fitted.lines:
            letterforms.draw(self._canvas, line, (x, y), place.font, fitted.size)
            y -= fitted.leading
        return y

    def _signature(self) -> None:
        x, y, width = _SIDE, 86.0, 210.0
        self._canvas.setStrokeColor(_LINE)
        self._canvas.setLineWidth(0.8)
        self._canvas.line(x, y, x + width, y)
        who = Place(width, 26, 11, 8, 6, BOLD)
        role = Place(width, 24, 9, 7, 5, REGULAR)
        signatory = self._paper.signatory or self._paper.tenant_name
        below = self._left(_line(signatory), (x, y - 14), who, _INK)
        self._left(_line(self._paper.signatory_role or "Signature"), (x, below + 1), role, _QUIET)

    def _facts(self) -> None:
        """Number, dates and instructor, in the middle of the foot."""
        paper = self._paper
        rows = [
            ("Number", paper.number),
            ("Issued", paper.issued),
            ("Valid until", paper.expires or NO_EXPIRY),
            ("Instructor", paper.instructor),
        ]
        x, y = 312.0, 104.0
        for label, text in rows:
            if not text:
                continue
            self._left(label, (x, y), Place(60, 12, 9, 7, 5, REGULAR), _QUIET)
            room = Place(210, 26 if label == "Instructor" else 13, 10, 8.5, 4, BOLD)
            self._left(_line(text, 600), (x + 62, y), room, _INK)
            y -= 14.5

    def _check(self) -> None:
        """The code that leads to the check page, and the same address in letters."""
        left = _WIDTH - _SIDE - _QR + 10
        qr_code.draw(self._canvas, self._paper.check_url, (left, 46), _QR)
        shown = self._paper.check_url.partition("://")[2] or self._paper.check_url
        self._canvas.setFillColor(_QUIET)
        size = min(6.8, 260 / letterforms.width_of(shown, REGULAR))
        self._canvas.setFont(REGULAR, size)
        self._canvas.drawRightString(_WIDTH - _SIDE + 4, 37, f"Check it at {shown}")

    def _across(self, word: str) -> None:
        canvas = self._canvas
        canvas.saveState()
        canvas.setFillColor(HexColor("#b3261e" if word != "SPECIMEN" else "#52606d"))
        canvas.setFillAlpha(0.22)
        canvas.translate(_MIDDLE, _HEIGHT / 2)
        canvas.rotate(28)
        canvas.setFont(BOLD, min(130.0, 720 / letterforms.width_of(word, BOLD)))
        canvas.drawCentredString(0, -40, word)
        canvas.restoreState()


def _taught(paper: CertificatePaper) -> str:
    return f"taught {paper.dates}" if paper.dates else ""


def _line(text: str, maximum: int = 320) -> str:
    return drawable(one_line(text, maximum=maximum))


def _lines(text: str) -> str:
    return "\n".join(drawable(line) for line in block(text, maximum=2000, maximum_lines=12).split("\n"))


class _Jpeg(ImageReader):
    """A JPEG that goes into the file as it is; unpacking it for each certificate took longer than the rest."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._dataA = None

    def jpeg_fh(self) -> Any:
        return io.BytesIO(self._content)

    def getRGBData(self) -> bytes:
        """What the drawing takes as the picture's identity."""
        return self._content

    def getSize(self) -> tuple[int, int]:
        measure: Any = readJPEGInfo
        width, height, *_ = measure(self.jpeg_fh())
        return width, height
