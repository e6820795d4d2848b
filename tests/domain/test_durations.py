"""Lengths of courses as people write them."""

import pytest

from backoffice.domain.durations import parse_duration, say_duration
from backoffice.domain.errors import Invalid


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("6", 360),
        ("6h", 360),
        (" 6 Hours ", 360),
        ("6.5", 390),
        ("6,5 h", 390),
        ("1.33 h", 80),
        ("1:30", 90),
        ("1 h 30 min", 90),
        ("1h30m", 90),
        ("90 min", 90),
        ("18 h", 1080),
    ],
)
def test_a_length_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert parse_duration(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "0", "0 min", "-1", "long", "1:75", "1e3", "99999 h", "1" * 5000, "NaN", "٣"]
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_duration(text)


@pytest.mark.parametrize(
    ("minutes", "words"), [(360, "6 h"), (90, "1 h 30 min"), (45, "45 min"), (1080, "18 h")]
)
def test_a_length_is_said_in_words(minutes: int, words: str) -> None:
    assert say_duration(minutes) == words
    assert parse_duration(words) == minutes
