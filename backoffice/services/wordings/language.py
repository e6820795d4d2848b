"""The small language of a provider's own mail texts: words, {{ variable }}, {% if variable %} … {% endif %}.

It is Jinja with nearly all of Jinja taken away, three times over: only a few kinds of token reach the parser, only a
few kinds of node may come out of it, and what is left runs in the sandbox without filters, tests or globals. A value
is never read as a template: it takes the place of its variable after everything else is done (paper.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from backoffice.domain.errors import Invalid

# More than any mail needs, and few enough for the parser, which calls itself for each {% if %} within another.
MOST_TAGS: Final = 120
MOST_DEPTH: Final = 5
# Of what comes out, before the values are in.
MOST_LENGTH: Final = 20_000

_TOKENS: Final = frozenset(
    {"data", "whitespace", "name", "variable_begin", "variable_end", "block_begin", "block_end"}
)
_BLOCK_WORDS: Final = frozenset({"if", "elif", "else", "endif"})
_NODES: Final = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Not)
_LONE: Final = re.compile(r"^[ \t]*(\{%[^%{}\n]*%\})[ \t]*(?:\n|\Z)", re.MULTILINE)
_ONLY_NAMES: Final = "between {{ and }} stands only the name of a variable, for example {{ course }}."
_ONLY_IF: Final = "only {% if … %}, {% elif … %}, {% else %} and {% endif %} are known here."
_UNFINISHED: Final = "every {{ needs its }}, and every {% if … %} its {% endif %}."


def check(text: str, *, field: str, names: frozenset[str]) -> frozenset[str]:
    """The variables that a text uses. Raises Invalid, with the line, for what is not part of the language."""
    try:
        return used(text, names)
    except Unreadable as error:
        raise Invalid("wording", str(error), field=field) from error


def used(text: str, names: frozenset[str]) -> frozenset[str]:
    """The same; raises Unreadable."""
    return _read(text, names)[1]


def fill(text: str, values: Mapping[str, str], names: frozenset[str]) -> str:
    """The text with each of its variables replaced. Raises Unreadable for a text that `check` would refuse."""
    template = _read(text, names)[0]
    pieces, length = [], 0
    for piece in template.generate(dict(values)):
        pieces.append(piece)
        length += len(piece)
        if length > MOST_LENGTH:
            raise Unreadable("The text becomes too long: shorten it.")
    return "".join(pieces)


class Unreadable(Exception):
    """What is wrong with a text, in a sentence."""


@lru_cache(200)
def _read(text: str, names: frozenset[str]) -> tuple[Template, frozenset[str]]:
    """The compiled text and the variables it uses; each text is read once and used for many mails."""
    used = frozenset(_check_names(_parse(text), names))
    # A condition on a line of its own leaves no empty line behind, which would end a paragraph.
    return _environment().from_string(_parse(_LONE.sub(r"\1", text))), used


def _parse(text: str) -> nodes.Template:
    _check_tokens(text)
    try:
        tree = _environment().parse(text)
    except (TemplateSyntaxError, RecursionError) as error:
        raise Unreadable(_at(getattr(error, "lineno", 1), _UNFINISHED)) from error
    _check_tree(tree, 0)
    return tree


def _check_tokens(text: str) -> None:
    """Before the parser: nothing but the few tokens of the language, and not too many of them."""
    tags = 0
    for token in _tokens(text):
        if token.kind not in _TOKENS:
            raise Unreadable(_at(token.line, _ONLY_IF if token.within == "block_begin" else _ONLY_NAMES))
        if token.is_verb and token.text not in _BLOCK_WORDS:
            raise Unreadable(_at(token.line, _ONLY_IF))
        tags += token.kind in ("variable_begin", "block_begin")
    if tags > MOST_TAGS:
        raise Unreadable(f"Use at most {MOST_TAGS} variables and conditions in one text.")


@dataclass(frozen=True)
class _Token:
    """`within` is the bracket it stands in; `is_verb`: it is the first word after {%."""

    line: int
    kind: str
    text: str
    within: str
    is_verb: bool


def _tokens(text: str) -> Iterator[_Token]:
    within, is_first = "", False
    try:
        for line, kind, value in _environment().lex(text):
            yield _Token(line, kind, value, within, is_first and within == "block_begin" and kind == "name")
            if kind != "whitespace":
                is_first = kind in ("variable_begin", "block_begin")
                within = "" if kind in ("data", "variable_end", "block_end") else kind if is_first else within
    except TemplateSyntaxError as error:
        raise Unreadable(_at(error.lineno, _ONLY_NAMES)) from error


def _check_tree(node: nodes.Node, depth: int) -> None:
    """After the parser: nothing but the few nodes of the language."""
    if type(node) not in _NODES or (isinstance(node, nodes.Name) and node.ctx != "load"):
        raise Unreadable(_at(node.lineno, _ONLY_NAMES))
    if isinstance(node, nodes.If):
        depth += 1
        if not _is_condition(node.test):
            raise Unreadable(
                _at(node.lineno, "after {% if stands the name of a variable, or “not” and its name.")
            )
    if depth > MOST_DEPTH:
        raise Unreadable(_at(node.lineno, f"put at most {MOST_DEPTH} {{% if … %}} into one another."))
    for child in node.iter_child_nodes():
        _check_tree(child, depth)


def _is_condition(test: nodes.Node) -> bool:
    return isinstance(test.node if isinstance(test, nodes.Not) else test, nodes.Name)


def _check_names(tree: nodes.Template, names: frozenset[str]) -> Iterator[str]:
    for node in tree.find_all(nodes.Name):
        if node.name not in names:
            raise Unreadable(_at(node.lineno, _unknown(node.name, names)))
        yield node.name


def _unknown(name: str, names: frozenset[str]) -> str:
    near = get_close_matches(name, sorted(names), 1)
    hint = f" Did you mean “{near[0]}”?" if near else " Choose one of the list."
    return f"there is no variable “{name[:40]}” in this mail.{hint}"


def _at(line: int, sentence: str) -> str:
    return f"Line {line}: {sentence}"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, cache_size=0)
    for known in (environment.globals, environment.filters, environment.tests):
        known.clear()
    return environment
