"""Every text of a public page exists in every language, with the same blanks to fill in, and is ready to be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from backoffice.views.language import DEFAULT, LANGUAGES, TEXTS
from tests.guards import sentences

# As the Makefile says it: the sentence of an error is an argument of it.
KEYWORDS = DEFAULT_KEYWORDS | {"lazy_gettext": None, "Refused": (2,), "Invalid": (2,), "NotFound": (1,)}
ROOMS = (TEXTS.parent, TEXTS.parent.parent / "templates" / "public")
OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
BLANK = re.compile(r"%\((\w+)\)s")
# Of a template: what is no text of its own, and what screen readers say.
CODE = re.compile(r"\{#.*?#\}|\{%-? block shape .*?endblock|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MARKUP = re.compile(r"\0|<script.*?</script>|<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r'(?:aria-label|title|alt|placeholder)="([^"{]*[A-Za-z]{3}[^"{]*)')
Text = str | tuple[str, ...]


@pytest.fixture(scope="module")
def texts() -> set[Text]:
    """What the pages say, in English."""
    with (TEXTS / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: set[Text] = set()
    for room in ROOMS:
        for _, _, text, _, _ in extract_from_dir(room, methods, options, KEYWORDS):
            found.add(tuple(text) if isinstance(text, (list, tuple)) else text)
    return found


def file_of(language: str, kind: str) -> Path:
    return TEXTS / language / "LC_MESSAGES" / f"messages.{kind}"


def catalogue(language: str) -> Catalog:
    return read_po(file_of(language, "po").open("rb"), locale=language)


def pairs(language: str) -> Iterator[tuple[Text, Any]]:
    for message in catalogue(language):
        if message.id:
            yield (tuple(message.id) if isinstance(message.id, list | tuple) else message.id), message


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_nothing_else(language: str, texts: set[Text]) -> None:
    assert len(texts) > 500
    known = dict(pairs(language))
    assert sorted(map(str, texts - set(known))) == []
    assert sorted(map(str, set(known) - texts)) == []
    unsaid = [text for text, message in known.items() if not all(_said(message)) or message.fuzzy]
    assert unsaid == []


def _said(message: Any) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)


def bare_texts(template: str) -> list[str]:
    """What a template says by itself, past the translation. A piece of an attribute that a macro writes has quotes."""
    parts = [part.strip() for part in MARKUP.split(CODE.sub("\0", template))]
    return [part for part in parts if re.search("[A-Za-z]{3}", part) and '"' not in part] + SPOKEN.findall(
        template
    )


def test_no_public_page_has_a_text_that_is_always_english() -> None:
    files = sorted(ROOMS[1].rglob("*.html"))
    assert len(files) > 40
    assert {file.name: found for file in files if (found := bare_texts(file.read_text()))} == {}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<p>Not yours.</p>", ["Not yours."]),
        ("<p>{{ name }} withdrew it.</p>", ["withdrew it."]),
        ('<a aria-label="Booking {{ number }}">{{ number }}</a>', ["Booking "]),
        ('<p class="soft">{{ _("Not yours.") }}</p>{# A note #}<script>let it;</script>', []),
    ],
)
def test_a_text_that_stands_by_itself_is_found(template: str, said: list[str]) -> None:
    """The control."""
    assert bare_texts(template) == said


def test_sentences_are_found_without_a_mark_and_nothing_else_is() -> None:
    source = b'''"""A module. It says so."""
WRONG = {"name": "Write your name.", "key": "name"}
def say(count: int) -> str:
    """What a function says."""
    return f"Choose {count} places." if count else "Choose {count} places."
raise Refused("gone", "The date is gone")
'''
    found = sentences.extract(BytesIO(source), {"Refused": (2,)}, (), {})
    assert [text for _, keyword, text, _ in found if keyword is None] == ["Write your name."]


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_blanks_of_its_text(language: str) -> None:
    for text, message in pairs(language):
        wanted = set(BLANK.findall(text if isinstance(text, str) else text[-1]))
        for said in _said(message):
            assert set(BLANK.findall(said)) | {"num"} == wanted | {"num"}, text


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_pages_use_is_what_was_translated(language: str) -> None:
    made = BytesIO()
    write_mo(made, catalogue(language))
    assert file_of(language, "mo").read_bytes() == made.getvalue()
