"""Dates and names as certificates and their check write them; colours that can be read."""

from datetime import date

import pytest

from backoffice.domain.certificate_words import initials, name_key, say_day, say_taught
from backoffice.domain.colours import clean_colour, contrast_with_white
from backoffice.domain.errors import Invalid


def test_a_day_is_written_out():
    assert say_day(date(2026, 3, 3)) == "3 March 2026"
    assert say_day(date(2024, 2, 29)) == "29 February 2024"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 3), date(2026, 3, 3), "on 3 March 2026"),
        (date(2026, 3, 3), date(2026, 3, 5), "from 3 to 5 March 2026"),
        (date(2026, 3, 31), date(2026, 4, 1), "from 31 March to 1 April 2026"),
        (date(2026, 12, 31), date(2027, 1, 2), "from 31 December 2026 to 2 January 2027"),
    ],
)
def test_days_are_said_as_short_as_they_can(first: date, last: date, said: str):
    assert say_taught(first, last) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Doreen", "O’Neill"), "D. O."),
        (("Siân", "Pryce-Jones"), "S. P.-J."),
        (("d’Arcy", "van der Berg"), "D. v. d. B.".upper()),
        (("", "Suharto"), "S."),
        (("李小龍", ""), "李."),
        (("अमिताभ", "बच्चन"), "अ. ब."),
        (("E\u0301mile", "Zola"), "É. Z."),
        (("“Ann”", "-"), "A."),
        (("", ""), ""),
    ],
)
def test_initials_are_the_first_letters_with_their_marks(names: tuple[str, str], said: str):
    assert initials(*names) == said


@pytest.mark.parametrize("same", ["O’Neill", "o'neill", "ONEILL", "O Neill", "Ó’Néill"])
def test_a_surname_is_known_however_it_is_typed(same: str):
    assert name_key(same) == "oneill"


def test_other_surnames_are_others():
    assert name_key("O’Neil") != name_key("O’Neill")
    assert name_key("李") != name_key("王")
    assert name_key("-") == ""


@pytest.mark.parametrize("typed", ["#0b5c6b", " #0B5C6B ", "0b5c6b"])
def test_a_colour_is_kept_in_one_way(typed: str):
    assert clean_colour(typed) == "#0b5c6b"


@pytest.mark.parametrize("typed", [None, "", "#fff", "teal", "#12345g", "#0b5c6b00", "javascript:1"])
def test_what_is_no_colour_is_refused(typed: object):
    with pytest.raises(Invalid, match="Write the colour"):
        clean_colour(typed)


@pytest.mark.parametrize(
    ("colour", "is_readable"), [("#767676", True), ("#777777", False), ("#ffff00", False)]
)
def test_a_colour_too_pale_for_white_paper_is_refused(colour: str, is_readable: bool):
    """The border of WCAG 2.2, 1.4.3 is 4.5: grey 767676 is the palest that may be."""
    assert (contrast_with_white(colour) >= 4.5) is is_readable
    if not is_readable:
        with pytest.raises(Invalid, match="too pale"):
            clean_colour(colour)


def test_the_ends_of_the_scale():
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
