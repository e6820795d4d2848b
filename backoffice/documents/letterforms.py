"""Letters that our typeface lacks, drawn as shapes: joined, reordered and turned as their script asks.

HarfBuzz shapes them from font packages, each of which may be missing: a letter that no installed font has becomes a
box, and `missing_letters` names it. Only packages are asked, never the machine's own fonts, so that the same name
gives the same bytes everywhere.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import font_source_sans_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from backoffice.documents.directions import Run, runs_of
from backoffice.documents.typeface import BOLD, REGULAR, register_fonts

hb: Any = importlib.import_module("uharfbuzz") if find_spec("uharfbuzz") else None

BOX = "■"
# PDF's "f" instead of "f*": the outlines of variable fonts overlap.
_FILL_NON_ZERO = 1
_OWN = {REGULAR: "SourceSansPro-Regular.ttf", BOLD: "SourceSansPro-Semibold.ttf"}
_WEIGHTS = {REGULAR: 400, BOLD: 600}
# Vietnamese, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Thai and Georgian in one face.
_WIDE = {REGULAR: "figo", BOLD: "figbo"}
# By the first word of a letter's Unicode name: (package, folder and file).
_BY_SCRIPT = {
    "BENGALI": ("justmytype_intl_south_asia", "notosansbengali/NotoSansBengali[wdth,wght].ttf"),
    "TAMIL": ("justmytype_intl_south_asia", "notosanstamil/NotoSansTamil[wdth,wght].ttf"),
    "TELUGU": ("justmytype_intl_south_asia", "notosanstelugu/NotoSansTelugu[wdth,wght].ttf"),
    "ETHIOPIC": ("justmytype_intl_africa", "notosansethiopic/NotoSansEthiopic[wdth,wght].ttf"),
    "HANGUL": ("justmytype_intl_cjk", "notosanskr/NotoSansKR[wght].ttf"),
}
_CHINESE = ("justmytype_intl_cjk", "notosanssc/NotoSansSC[wght].ttf")
_EAST_ASIAN = {
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "KATAKANA-HIRAGANA",
    "IDEOGRAPHIC",
    "FULLWIDTH",
    "HALFWIDTH",
    "BOPOMOFO",
}

Point = tuple[float, float]
Stroke = tuple[str, tuple[float, ...]]


@dataclass(frozen=True)
class Shaped:
    """A line as shapes for a letter height of 1; `width` in the same measure."""

    width: float
    strokes: tuple[Stroke, ...]


def is_plain(text: str, font: str) -> bool:
    """Whether our own typeface draws all of `text` as it stands: no joining, no marks, left to right."""
    return hb is None or _plain_letters(font).issuperset(text)


@functools.lru_cache(maxsize=4096)
def width_of(text: str, font: str) -> float:
    """How wide `text` is at a size of 1."""
    if is_plain(text, font):
        return float(pdfmetrics.stringWidth(text, font, 1))
    return shape(text, font).width


def draw(canvas: Canvas, text: str, at: Point, font: str, size: float) -> None:
    """Write `text`, beginning at this point of the base line, in the canvas's fill colour."""
    if is_plain(text, font):
        canvas.setFont(font, size)
        canvas.drawString(*at, text)
        return
    path = canvas.beginPath()
    for command, numbers in shape(text, font).strokes:
        scaled = [at[place % 2] + number * size for place, number in enumerate(numbers)]
        getattr(path, command)(*scaled)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=_FILL_NON_ZERO)


def missing_letters(text: str) -> str:
    """The letters of `text` that a document shows as a box or leaves out, each once."""
    composed = unicodedata.normalize("NFC", text)
    lost = (letter for letter in composed if not _has_font(letter) and not _is_mark(letter))
    return "".join(dict.fromkeys(lost))


def _is_mark(letter: str) -> bool:
    """Joiners, direction marks and variation selectors, which nobody sees or misses."""
    return unicodedata.category(letter) == "Cf" or "\ufe00" <= letter <= "\ufe0f"


def drawable(text: str) -> str:
    """`text` as a document can draw it: pictures that no font has are left out, letters become a box."""
    kept, is_kept = "", False
    for letter in unicodedata.normalize("NFC", text):
        if _is_mark(letter):
            kept += letter if is_kept and _is_silent(letter) else ""
            continue
        is_kept = _has_font(letter) and hb is not None and not letter.isspace()
        if _has_font(letter):
            kept += letter
        elif not _is_picture(letter):
            kept += BOX
    return " ".join(kept.split()) or (BOX if text.strip() else "")


def _is_picture(letter: str) -> bool:
    """Emoji and what belongs to them; new ones have no category yet."""
    return unicodedata.category(letter) in ("So", "Sk", "Cn", "Me")


def _has_font(letter: str) -> bool:
    return letter in _plain_letters(REGULAR) or _face_for(letter, REGULAR) is not None


def _is_silent(letter: str) -> bool:
    """Joiners and variation selectors: no shape of their own, but the shaping asks for them.

    Marks that turn the direction are none of them: in a name they only serve to disguise, and are left out.
    """
    return letter in "\u200c\u200d" or "\ufe00" <= letter <= "\ufe0f"


@functools.cache
def _plain_letters(font: str) -> frozenset[str]:
    register_fonts()
    face: Any = pdfmetrics.getFont(font).face  # type: ignore[attr-defined]  # a TTFont has one, a standard font none
    letters = {chr(code) for code in face.charToGlyph}
    return frozenset(letter for letter in letters if not unicodedata.combining(letter)) | {" ", "\xa0"}


# --- Shaping ---


@functools.lru_cache(maxsize=512)
def shape(text: str, font: str) -> Shaped:
    """The shapes of one line in `font` (REGULAR or BOLD), in the order in which they are seen."""
    strokes: list[Stroke] = []
    x = 0.0
    for run in runs_of(text):
        pieces = [(name, "".join(letters)) for name, letters in _by_face(run.text, font)]
        for face, piece in reversed(pieces) if run.is_right_to_left else pieces:
            x = _shape_run(strokes, x, face, Run(piece, run.is_right_to_left))
    return Shaped(x, tuple(strokes))


def _by_face(text: str, font: str) -> Iterable[tuple[_Face, list[str]]]:
    """The text in pieces of one face each; marks and joiners stay with the letter before them."""
    faces: list[_Face] = []
    for letter in text:
        is_bound = _is_silent(letter) or unicodedata.category(letter) in ("Mn", "Mc")
        same = faces[-1] if faces and is_bound and (_is_silent(letter) or faces[-1].has(letter)) else None
        faces.append(same or _face_for(letter, font) or _own_face(font))
    pairs = zip(faces, text, strict=True)
    for face, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield face, [letter for _, letter in group]


def _shape_run(strokes: list[Stroke], x: float, face: _Face, run: Run) -> float:
    buffer = hb.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if run.is_right_to_left else "ltr"
    hb.shape(face.font, buffer)
    for glyph, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        left, base = x + place.x_offset / face.units, place.y_offset / face.units
        for command, numbers in face.outline(glyph.codepoint):
            moved = tuple(number + (base if odd % 2 else left) for odd, number in enumerate(numbers))
            strokes.append((command, moved))
        x += place.x_advance / face.units
    return x


# --- Faces ---


class _Face:
    """One font file at one weight."""

    def __init__(self, blob: Any, weight: int) -> None:
        face = hb.Face(blob)
        self.units = float(face.upem)
        self.font = hb.Font(face)
        self.font.set_variations({"wght": weight})
        self.outline: Callable[[int], tuple[Stroke, ...]] = functools.lru_cache(maxsize=1024)(self._draw)

    def has(self, letter: str) -> bool:
        return bool(self.font.get_nominal_glyph(ord(letter)))

    def _draw(self, glyph: int) -> tuple[Stroke, ...]:
        pen = _Pen(self.units)
        self.font.draw_glyph_with_pen(glyph, pen)
        return tuple(pen.strokes)


class _Pen:
    """Collects an outline; PDF knows no quadratic curves, so they become cubic ones."""

    def __init__(self, units: float) -> None:
        self._units = units
        self._at: Point = (0.0, 0.0)
        self.strokes: list[Stroke] = []

    def moveTo(self, to: Point) -> None:
        self._add("moveTo", to)

    def lineTo(self, to: Point) -> None:
        self._add("lineTo", to)

    def qCurveTo(self, control: Point, to: Point) -> None:
        first = _two_thirds(self._at, control)
        self._add("curveTo", first, _two_thirds(to, control), to)

    def curveTo(self, first: Point, second: Point, to: Point) -> None:
        self._add("curveTo", first, second, to)

    def closePath(self) -> None:
        self.strokes.append(("close", ()))

    def _add(self, command: str, *points: Point) -> None:
        self._at = points[-1]
        numbers = tuple(number / self._units for point in points for number in point)
        self.strokes.append((command, numbers))


def _two_thirds(start: Point, control: Point) -> Point:
    return start[0] + (control[0] - start[0]) * 2 / 3, start[1] + (control[1] - start[1]) * 2 / 3


def _face_for(letter: str, font: str) -> _Face | None:
    """The first face that has this letter, or None."""
    if hb is None:
        return None
    script = unicodedata.name(letter, "").partition(" ")[0]
    wanted = (_own_face(font), _wide_face(font), _face_of_script(script, font))
    return next((face for face in wanted if face is not None and face.has(letter)), None)


@functools.cache
def _own_face(font: str) -> _Face:
    path = Path(font_source_sans_pro.font_directory) / _OWN[font]
    return _Face(hb.Blob.from_file_path(str(path)), _WEIGHTS[font])


@functools.cache
def _wide_face(font: str) -> _Face | None:
    if not find_spec("pymupdf_fonts"):
        return None
    return _Face(importlib.import_module("pymupdf_fonts").myfont(_WIDE[font]), _WEIGHTS[font])


@functools.cache
def _face_of_script(script: str, font: str) -> _Face | None:
    place = _CHINESE if script in _EAST_ASIAN else _BY_SCRIPT.get(script)
    return _packed_face(place, font) if place else None


@functools.cache
def _packed_face(place: tuple[str, str], font: str) -> _Face | None:
    package, file = place
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "fonts" / "ofl" / file
    return _Face(hb.Blob.from_file_path(str(path)), _WEIGHTS[font]) if path.exists() else None
