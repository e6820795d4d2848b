"""What the address of a list asks for."""

from datetime import date

import pytest

from backoffice.services.finding.filters import Filters, read


def test_every_filter_is_read_from_the_address() -> None:
    given = {
        "q": "first  aid",
        "type": "FAW",
        "town": "Leeds",
        "audience": "adults",
        "course": "first-aid",
        "from": "2026-03-01",
        "until": "31/3/2026",
        "up_to": "£100",
    }
    asked = read(given, "GBP")
    assert asked.problems == {}
    assert asked.filters == Filters(
        "first aid", "FAW", "Leeds", "adults", "first-aid", date(2026, 3, 1), date(2026, 3, 31), 10_000
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("from", "next week"),
        ("until", "2026-02-30"),
        ("up_to", "NaN"),
        ("up_to", "-1"),
        ("audience", "dogs"),
        ("q", "x" * 101),
        ("town", "a\nb"),
        ("q", "\ud800"),
        ("from", "9" * 5000),
    ],
)
def test_what_makes_no_sense_is_said_and_left_out(name: str, text: str) -> None:
    asked = read({name: text}, "GBP")
    assert list(asked.problems) == [name]
    assert asked.filters == Filters()


def test_the_last_day_may_not_come_before_the_first() -> None:
    asked = read({"from": "2026-03-02", "until": "2026-03-01"}, "GBP")
    assert list(asked.problems) == ["until"]
    assert asked.filters.until_day is None


def test_only_one_choice_of_ours_is_common() -> None:
    for common in (Filters(), Filters(type_code="FAW"), Filters(town="Leeds"), Filters(course="x")):
        assert common.is_common
    assert not Filters(type_code="FAW", town="Leeds").is_common
    assert not Filters(words="x").is_common
    assert not Filters(most_minor=1).is_common
    assert not Filters(from_day=date(2026, 3, 1)).is_common


@pytest.mark.parametrize(
    ("typed", "words", "town"),
    [
        ("first aid leeds", "first aid", "Leeds"),
        ("LEEDS first aid", "first aid", "Leeds"),
        ("leeds", "", "Leeds"),
        ("aid in kirkby  overblow", "aid in", "Kirkby Overblow"),
        ("leedsx", "leedsx", ""),
        ("first aid", "first aid", ""),
    ],
)
def test_a_town_among_the_words_is_the_town(typed: str, words: str, town: str) -> None:
    found = Filters(words=typed).found_in(["Leeds", "Kirkby", "Kirkby Overblow"])
    assert (found.words, found.town) == (words, town)
