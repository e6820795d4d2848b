"""What a register means: presence for a certificate, and the end of a booking."""

import pytest

from backoffice.domain.attendance import STATUSES, WAS_THERE, booking_status, is_complete


@pytest.mark.parametrize(
    ("marks", "days", "has_exception", "expected"),
    [
        (["present", "late"], 2, False, True),
        (["present"], 2, False, False),
        (["present", None], 2, False, False),
        (["present", "left_early"], 2, False, False),
        (["present", "absent"], 2, False, False),
        (["present", "absent"], 2, True, True),
        ([], 2, True, True),
        ([], 0, False, False),
    ],
)
def test_all_days_or_an_exception(
    marks: list[str | None], days: int, has_exception: bool, expected: bool
) -> None:
    assert is_complete(marks, days, has_exception) is expected


@pytest.mark.parametrize("mark", STATUSES)
def test_one_of_the_people_there_on_one_day_completes_the_booking(mark: str) -> None:
    expected = "completed" if mark in WAS_THERE else "no_show"
    assert booking_status(["absent", mark], 2) == expected


@pytest.mark.parametrize("marks", [[], ["absent"]])
def test_a_no_show_needs_everybodys_word(marks: list[str]) -> None:
    assert booking_status(marks, 2) is None
