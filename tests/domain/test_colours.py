"""White letters stand on a provider's colour, whatever it chooses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain.colours import READABLE, clean_ground, contrast_with_white, darkened, mixed
from backoffice.domain.errors import Invalid

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_every_colour_has_a_shade_that_is_readable(colour: str) -> None:
    assert contrast_with_white(darkened(colour)) >= READABLE


@given(COLOURS)
def test_a_readable_colour_stays_as_it_is(colour: str) -> None:
    if contrast_with_white(colour) >= READABLE:
        assert darkened(colour) == clean_ground(colour) == colour


@given(COLOURS)
def test_the_refusal_names_a_colour_that_is_then_taken(colour: str) -> None:
    if contrast_with_white(colour) >= READABLE:
        return
    with pytest.raises(Invalid) as refused:
        clean_ground(colour)
    assert darkened(colour) in refused.value.message
    assert clean_ground(darkened(colour)) == darkened(colour)


@given(COLOURS)
def test_the_bar_and_the_pale_ground_of_a_colour_are_readable(colour: str) -> None:
    """The shades that the style sheet makes of it: white letters on the one, dark ones on the other."""
    ground = darkened(colour)
    assert contrast_with_white(mixed(ground, "#10191b", 45)) >= READABLE
    assert contrast_with_white(mixed(ground, "#ffffff", 8)) <= 21 / 14


@pytest.mark.parametrize("typed", ["teal", "#12345", "#1234567", "#0f6663;}body{", "", None, "#０f6663"])
def test_what_is_no_colour_is_refused(typed: object) -> None:
    with pytest.raises(Invalid):
        clean_ground(typed)
