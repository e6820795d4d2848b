"""What people mark in a plain text, and what they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain.paragraphs import HEADING, LIST, PARAGRAPH, Block, blocks_of


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        (" \n\t\n ", []),
        ("One.\nTwo.\n\nThree.", [Block(PARAGRAPH, ("One.", "Two.")), Block(PARAGRAPH, ("Three.",))]),
        ("# Head\nText", [Block(HEADING, ("Head",)), Block(PARAGRAPH, ("Text",))]),
        ("# One\n# Two", [Block(HEADING, ("One",)), Block(HEADING, ("Two",))]),
        ("Bring:\n- a\n* b\n• c", [Block(PARAGRAPH, ("Bring:",)), Block(LIST, ("a", "b", "c"))]),
        ("- long\n  goes on\n- next", [Block(LIST, ("long goes on", "next"))]),
        ("- a\r\n\r\n- b", [Block(LIST, ("a",)), Block(LIST, ("b",))]),
        ("#no heading\n-no point\n-\n#", [Block(PARAGRAPH, ("#no heading", "-no point", "-", "#"))]),
        ("<b>{{ 7*7 }}</b>", [Block(PARAGRAPH, ("<b>{{ 7*7 }}</b>",))]),
    ],
)
def test_a_text_is_read_as_it_was_meant(text: str, blocks: list[Block]) -> None:
    assert blocks_of(text) == blocks


@given(st.text(alphabet="a #-*•\n\t\r.", max_size=60))
def test_no_word_is_lost_and_none_is_made(text: str) -> None:
    """Whatever is typed, the letters of all blocks are the letters that were typed."""
    shown = "".join(line for block in blocks_of(text) for line in block.lines)
    assert shown.count("a") == text.count("a")
    assert all(line.strip() for block in blocks_of(text) for line in block.lines)
