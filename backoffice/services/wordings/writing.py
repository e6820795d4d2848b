"""A mail in a provider's own words: its variables read from the facts of the mail, both halves in the house's frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from jinja2 import Environment, Template
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError

from backoffice.documents.plain_text import block
from backoffice.services.wordings import paper
from backoffice.services.wordings.language import Unreadable, used
from backoffice.services.wordings.paper import Paper, Value
from backoffice.services.wordings.variables import KINDS, Facts, Kind, Variable

MOST_VALUE: Final = 2000
BROKEN: Final = "A variable has no value in this mail."


class WordingFailed(Exception):
    """Why own words could not be used for one mail, in a sentence."""


class Wording(Protocol):
    """Own words: of a mail of the house, or of a bulk mail."""

    @property
    def subject(self) -> Any: ...

    @property
    def body(self) -> Any: ...


@dataclass(frozen=True)
class Words:
    """A mail without what is sent beside it."""

    subject: str
    text: str
    html: str


def write(template: str, wording: Wording, facts: Facts, environment: Environment) -> Words:
    """The mail from the facts of services/mail_texts; whatever goes wrong is a WordingFailed."""
    kind = KINDS[template]
    try:
        values = _read(kind, wording, facts, environment)
        return _framed(_subject(kind, wording, values), _paper(kind, wording, values), facts, environment)
    except Unreadable as error:
        raise WordingFailed(str(error)) from error
    except DBAPIError:
        raise
    except Exception as error:  # a mail has to go out: the house's own words stand in
        raise WordingFailed(BROKEN) from error


def write_example(template: str, wording: Wording, facts: Facts, environment: Environment) -> Words:
    """The same with the examples of the variables; `facts` are those of every mail. Raises WordingFailed."""
    kind = KINDS[template]
    values = {name: _example(each) for name, each in kind.variables.items()}
    try:
        return _framed(_subject(kind, wording, values), _paper(kind, wording, values), facts, environment)
    except Unreadable as error:
        raise WordingFailed(str(error)) from error


def _subject(kind: Kind, wording: Wording, values: dict[str, Value]) -> str:
    return paper.write_line(wording.subject, values, kind.names_of_subject)


def _paper(kind: Kind, wording: Wording, values: dict[str, Value]) -> Paper:
    return paper.write(wording.body, values, kind.names)


def _framed(subject: str, own: Paper, facts: Facts, environment: Environment) -> Words:
    shown = facts | {"own_subject": subject, "own_text": own.text, "own_html": own.html}
    text, html = (environment.get_template(f"own_words.{end}").render(shown) for end in ("txt", "html"))
    return Words(subject, text, html)


def _read(kind: Kind, wording: Wording, facts: Facts, environment: Environment) -> dict[str, Value]:
    """The values of the variables that the text uses; the others are not looked up."""
    wanted = _used(kind, wording)
    blocks = _Blocks(facts, environment)
    return {name: _value(each, facts, blocks) for name, each in kind.variables.items() if name in wanted}


def _used(kind: Kind, wording: Wording) -> Iterable[str]:
    return used(wording.subject, kind.names_of_subject) | used(wording.body, kind.names)


def _value(variable: Variable, facts: Facts, blocks: _Blocks) -> Value:
    found = variable.read(facts)
    if not found:
        return Value("", Markup("") if variable.kind == "block" else None)
    if variable.kind == "block":
        return blocks.of(variable.macro)
    return Value(block(str(found), maximum=MOST_VALUE), is_link=variable.kind == "link")


class _Blocks:
    """The parts of the house's mails that have a layout of their own (templates/emails/own_parts)."""

    def __init__(self, facts: Facts, environment: Environment) -> None:
        self.facts = facts
        self.environment = environment

    def of(self, macro: str) -> Value:
        text, html = (
            self._say(self.environment.get_template(f"own_parts.{end}"), macro) for end in ("txt", "html")
        )
        return Value(text.strip("\n"), Markup(html))  # noqa: S704 - made by the house's own escaping template

    def _say(self, template: Template, macro: str) -> str:
        return str(getattr(template.make_module(self.facts), macro)())


def _example(variable: Variable) -> Value:
    if variable.kind != "block":
        return Value(variable.example, is_link=variable.kind == "link")
    lines = Markup("<br>\n").join(variable.example.splitlines())
    return Value(variable.example, Markup('<div class="panel"><p>{}</p></div>').format(lines))
