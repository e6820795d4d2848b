"""The letters of our PDF files: Source Sans, and a fallback for what it cannot draw."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import font_source_sans_pro
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

REGULAR = "SourceSans"
BOLD = "SourceSansSemibold"

_FILES = {REGULAR: "SourceSansPro-Regular.ttf", BOLD: "SourceSansPro-Semibold.ttf"}
# Installed with many Linux systems; where they are missing, a box stands for the letter.
_FALLBACKS = {
    "DejaVuSans": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "DroidSansFallback": "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
}
# Readers of PDF files bring these along, so nothing is embedded.
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_BOX = "■"  # Source Sans has no empty box
_RIGHT_TO_LEFT = {"R", "AL"}


@functools.cache
def register_fonts() -> tuple[str, ...]:
    """Makes the fonts known to reportlab, once per process; the names of the fallbacks that are installed."""
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(Path(font_source_sans_pro.font_directory) / file)))
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return tuple(name for name, path in _FALLBACKS.items() if _registered(name, path))


def _registered(name: str, path: str) -> bool:
    try:
        pdfmetrics.registerFont(TTFont(name, path))
    except (TTFError, OSError):
        return False
    return True


def markup(text: str, font: str = REGULAR) -> str:
    """`text` as the content of a Paragraph in `font`: escaped, and each letter in a font that can draw it."""
    register_fonts()
    composed = unicodedata.normalize("NFC", text)
    shown = [character for character in composed if character == "\n" or not _is_invisible(character)]
    runs = itertools.groupby(shown, key=lambda character: _font_for(character, font))
    return "".join(_run("".join(characters), name, font) for name, characters in runs)


def _run(text: str, name: str | None, font: str) -> str:
    if name is None:
        return _BOX * len(text)
    escaped = escape(text).replace("\n", "<br/>")
    return escaped if name == font else f'<font name="{name}">{escaped}</font>'


def _is_invisible(character: str) -> bool:
    """Joiners, direction marks and variation selectors: they have no shape of their own."""
    return unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f"


@functools.lru_cache(maxsize=4096)
def _font_for(character: str, font: str) -> str | None:
    if character in " \n\xa0" or _has(font, character):
        return font
    # Unjoined and in the wrong direction, Arabic or Hebrew would be another word: a box is honest.
    if unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return None
    for name in register_fonts():
        if _has(name, character):
            return name
    return _east_asian_font(character)


def _has(font: str, character: str) -> bool:
    face: Any = pdfmetrics.getFont(font).face  # type: ignore[attr-defined]  # a TTFont has one, a standard font none
    return ord(character) in face.charToGlyph


def _east_asian_font(character: str) -> str | None:
    if "\u3040" <= character <= "\u30ff":
        return _JAPANESE
    if "\uac00" <= character <= "\ud7a3":
        return _KOREAN
    if (
        "\u3000" <= character <= "\u303f"
        or "\u4e00" <= character <= "\u9fff"
        or "\uff01" <= character <= "\uff5e"
    ):
        return _CHINESE
    return None
