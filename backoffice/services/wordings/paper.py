"""From one text to both halves of a mail: plain text and HTML.

Paragraphs end at an empty line; [words](https://…) is a link, and a button where it stands alone. Values come in last
and are only words: whoever is called [Pay](https://bad.example) is written so, and links to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from backoffice.services.wordings.language import Unreadable, fill

MOST_LENGTH: Final = 200_000

# A variable on its way through: no text that people type or the database holds has a NUL.
_MARK: Final = re.compile("\0([a-z_]+)\0")
_ADDRESS: Final = r"https?://[^\s()<>\"\[\]\0]{1,1000}"
_LINK: Final = re.compile(rf"\[([^\[\]\n]{{1,200}})\]\((\0[a-z_]+\0|{_ADDRESS})\)")
_BARE: Final = re.compile(rf"{_ADDRESS}(?<![.,;:!?'’”])")
_ANY_LINK: Final = re.compile(r"\[[^\[\]\n]{1,200}\]\(([^)\n]{0,1000})\)")


PLAIN: Final = Markup("")


@dataclass(frozen=True)
class Value:
    """What stands for a variable. A block has HTML of its own; a link is an address that may be followed."""

    text: str
    html: Markup | None = None
    is_link: bool = False


@dataclass(frozen=True)
class Paper:
    """Both halves of a text, without the frame of the house."""

    text: str
    html: Markup


def write(body: str, values: Mapping[str, Value], names: frozenset[str]) -> Paper:
    """Both halves. Raises Unreadable for a text that is not in the language or becomes too long."""
    filled = _fill(body, values, names)
    if sum(len(values[name].html or values[name].text) for name in _MARK.findall(filled)) > MOST_LENGTH:
        raise Unreadable("The text becomes too long: shorten it.")
    return Paper(_text(filled, values), _html(filled, values))


def write_line(subject: str, values: Mapping[str, Value], names: frozenset[str]) -> str:
    """A subject; raises Unreadable, also for one that comes out empty."""
    line = " ".join(_words(_fill(subject, values, names), values).split())
    if not line:
        raise Unreadable("The subject is empty with the values of this mail.")
    return line


def bad_address(text: str) -> str | None:
    """The first address in [words](address) that is neither a variable nor begins with http:// or https://."""
    for address in _ANY_LINK.findall(text):
        is_variable = re.fullmatch(r"\s*\{\{[-+]?\s*\w+\s*[-+]?\}\}\s*", address)
        if not is_variable and not re.fullmatch(_ADDRESS, address):
            return str(address)[:60]
    return None


def _fill(text: str, values: Mapping[str, Value], names: frozenset[str]) -> str:
    marks = {name: f"\0{name}\0" if value.text.strip() else "" for name, value in values.items()}
    return re.sub(r"\n[ \t]*(?:\n[ \t]*)+", "\n\n", fill(text, marks, names)).strip()


def _words(filled: str, values: Mapping[str, Value]) -> str:
    return _MARK.sub(lambda mark: values[mark[1]].text, filled)


# --- Plain text ---


def _text(filled: str, values: Mapping[str, Value]) -> str:
    spaced = _MARK.sub(lambda mark: _own_lines(mark, values), _LINK.sub(r"\1:\n\2", filled))
    return re.sub(r"\n{3,}", "\n\n", _words(spaced, values)).strip()


def _own_lines(mark: re.Match[str], values: Mapping[str, Value]) -> str:
    """A block stands in a paragraph of its own."""
    return f"\n\n{mark[0]}\n\n" if values[mark[1]].html is not None else mark[0]


# --- HTML ---


def _html(filled: str, values: Mapping[str, Value]) -> Markup:
    paragraphs = _MARK.sub(lambda mark: _own_lines(mark, values), filled).split("\n\n")
    parts = (_paragraph(each.strip(), values) for each in paragraphs if each.strip())
    return Markup("\n").join(parts)


def _paragraph(text: str, values: Mapping[str, Value]) -> Markup:
    alone = _MARK.fullmatch(text)
    block = values[alone[1]].html if alone else None
    if block is not None:
        return Markup('<div class="block">{}</div>').format(block)
    if _LINK.fullmatch(text):
        return Markup("<p>{}</p>").format(_inline(text, values, Markup(' class="button"')))
    return Markup("<p>{}</p>").format(
        Markup("<br>\n").join(_inline(line, values) for line in text.split("\n"))
    )


def _inline(text: str, values: Mapping[str, Value], style: Markup = PLAIN) -> Markup:
    parts, end = [], 0
    for link in _LINK.finditer(text):
        parts += [_bare(text[end : link.start()], values), _anchor(link[1], link[2], values, style)]
        end = link.end()
    return Markup("").join([*parts, _bare(text[end:], values)])


def _bare(text: str, values: Mapping[str, Value]) -> Markup:
    """Words, with addresses that are written out made into links."""
    parts, end = [], 0
    for address in _BARE.finditer(text):
        parts += [_said(text[end : address.start()], values), _to(address[0], escape(address[0]))]
        end = address.end()
    return Markup("").join([*parts, _said(text[end:], values)])


def _said(text: str, values: Mapping[str, Value]) -> Markup:
    return Markup("").join(
        _value(values[part]) if number % 2 else escape(part) for number, part in enumerate(_MARK.split(text))
    )


def _value(value: Value) -> Markup:
    if value.is_link and _is_address(value.text):
        return _to(value.text, escape(value.text))
    return Markup("<br>\n").join(value.text.splitlines())


def _anchor(words: str, target: str, values: Mapping[str, Value], style: Markup) -> Markup:
    """A link of the text; where the variable it leads to holds no address, the words alone."""
    mark = _MARK.fullmatch(target)
    address = values[mark[1]].text if mark else target
    is_good = _is_address(address) and (mark is None or values[mark[1]].is_link)
    return _to(address, _said(words, values), style) if is_good else _said(words, values)


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _to(address: str, words: Markup, style: Markup = PLAIN) -> Markup:
    return Markup('<a{} href="{}">{}</a>').format(style, address, words)
