"""The little that a long plain text needs to be read: headings, paragraphs and lists, marked as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

HEADING = "heading"
PARAGRAPH = "paragraph"
LIST = "list"

_POINT = re.compile(r"[-*•]\s+(?=\S)")
_HEADING = re.compile(r"#{1,3}\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: of a list its points, of a paragraph its lines; plain words, nothing is markup."""

    kind: str
    lines: tuple[str, ...]


def blocks_of(text: str) -> list[Block]:
    """A text in blocks: "# Cancelling" is a heading, "- so" a point of a list, an empty line ends a paragraph."""
    return [block for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) for block in _blocks(part)]


def _blocks(part: str) -> Iterator[Block]:
    lines = [line.strip() for line in part.split("\n") if line.strip()]
    for kind, found in groupby(_with_points(lines), key=_kind):
        bare = tuple(_bare(kind, line) for line in found)
        if kind == HEADING:
            yield from (Block(HEADING, (line,)) for line in bare)
        else:
            yield Block(kind, bare)


def _with_points(lines: Iterable[str]) -> list[str]:
    """A line that follows a point goes on with it."""
    joined: list[str] = []
    for line in lines:
        if joined and _kind(joined[-1]) == LIST and _kind(line) == PARAGRAPH:
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _kind(line: str) -> str:
    if _HEADING.match(line):
        return HEADING
    return LIST if _POINT.match(line) else PARAGRAPH


def _bare(kind: str, line: str) -> str:
    pattern = {HEADING: _HEADING, LIST: _POINT}.get(kind)
    return pattern.sub("", line, count=1) if pattern else line
