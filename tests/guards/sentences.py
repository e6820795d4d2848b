"""Finds the sentences that the program keeps for people, so that each is translated without a mark of its own beside it.

A method of Babel's (backoffice/translations/babel.cfg). A sentence begins with a capital letter, has more than one word, and
ends with a stop. What a function says of itself is none, nor what is put together from pieces.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

Found = tuple[int, str | None, Any, Any]
_SENTENCE = re.compile(r"[A-Z][^{}]* [^{}]*[.?!]")


def extract(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Any
) -> Iterator[Found]:
    """What is marked, as Babel finds it, and the sentences."""
    marked: Iterator[Any] = extract_python(file, keywords, comment_tags, options)
    yield from marked
    file.seek(0)
    finder = _Finder()
    finder.visit(ast.parse(file.read()))
    yield from ((line, None, text, []) for line, text in finder.found)


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # otherwise a docstring
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Its pieces are no sentences."""

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _SENTENCE.fullmatch(node.value):
            self.found.append((node.lineno, node.value))
