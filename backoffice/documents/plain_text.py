"""Text on its way into a document: whatever was stored, nothing in it may break or steer the file."""

from __future__ import annotations

import unicodedata

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ELLIPSIS = "…"


def one_line(text: str, *, maximum: int = 300) -> str:
    """`text` on one line, without control characters and broken Unicode, cut with "…" at `maximum`."""
    return _cut(" ".join(_without_controls(text).split()), maximum)


def block(text: str, *, maximum: int = 2000, maximum_lines: int = 40) -> str:
    """Like `one_line`, but the line ends stay, as "\\n"; no more than `maximum_lines` of them."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [_without_controls(line).rstrip() for line in unified.split("\n")]
    if len(lines) > maximum_lines:
        lines = [*lines[: maximum_lines - 1], _ELLIPSIS]
    return _cut("\n".join(lines).strip("\n"), maximum)


def _cut(text: str, maximum: int) -> str:
    return text if len(text) <= maximum else text[: maximum - 1] + _ELLIPSIS


def _without_controls(text: str) -> str:
    return "".join(_printable(character) for character in text)


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return _REPLACEMENT
    # U+2028 and U+2029 end a line for some readers, so a header could be smuggled in behind them.
    return " " if category in {"Cc", "Zl", "Zp"} else character
