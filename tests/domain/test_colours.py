"""White letters stand on a provider's colour, whatever it chooses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.domain.colours import (
    PAPER,
    READABLE,
    clean_ground,
    contrast,
    contrast_with_white,
    darkened,
    legibility,
    mixed,
    pale,
)
from backoffice.domain.errors import Invalid

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@settings(deadline=None)
@given(COLOURS)
def test_every_colour_has_a_shade_that_is_readable(colour: str) -> None:
    assert legibility(darkened(colour)) >= READABLE


@settings(deadline=None)
@given(COLOURS)
def test_a_readable_colour_stays_as_it_is(colour: str) -> None:
    if legibility(colour) >= READABLE:
        assert darkened(colour) == clean_ground(colour) == colour


@settings(deadline=None)
@given(COLOURS)
def test_the_refusal_names_a_colour_that_is_then_taken(colour: str) -> None:
    if legibility(colour) >= READABLE:
        return
    with pytest.raises(Invalid) as refused:
        clean_ground(colour)
    assert darkened(colour) in refused.value.message
    assert clean_ground(darkened(colour)) == darkened(colour)


@settings(deadline=None)
@given(COLOURS)
def test_whatever_is_taken_can_be_read_wherever_pages_use_it(colour: str) -> None:
    """White letters on it and on the bar's shade; letters of it and of that shade on paper and on its own tint."""
    taken = darkened(colour)
    bar = mixed(taken, "#10191b", 45)
    for letters, ground in (
        ("#ffffff", taken),
        ("#ffffff", bar),
        (taken, PAPER),
        (taken, pale(taken)),
        (bar, PAPER),
        (bar, pale(taken)),
    ):
        assert contrast(letters, ground) >= READABLE, (letters, ground)


def test_what_is_readable_on_white_alone_is_refused() -> None:
    """The control: #767676 has 4.54 on white, and less on the pages' own ground."""
    assert contrast("#767676", "#ffffff") >= READABLE
    with pytest.raises(Invalid):
        clean_ground("#767676")


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_contrast_is_that_of_wcag(one: str, other: str) -> None:
    assert contrast(one, other) == pytest.approx(contrast(other, one))
    assert 1 <= contrast(one, other) <= 21.0001
    assert contrast(one, "#ffffff") == pytest.approx(contrast_with_white(one))


@pytest.mark.parametrize("typed", ["teal", "#12345", "#1234567", "#0f6663;}body{", "", None, "#０f6663"])
def test_what_is_no_colour_is_refused(typed: object) -> None:
    with pytest.raises(Invalid):
        clean_ground(typed)
