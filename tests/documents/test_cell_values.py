"""Dates, times and numbers as people type them."""

from __future__ import annotations

from datetime import date, time

import pytest

from backoffice.documents.spreadsheet_in import parse_date_uk, parse_time, parse_whole
from backoffice.domain.errors import Invalid


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-03-04",
            "04/03/2026",
            "4/3/26",
            "4 Mar 2026",
            " 4  MARCH 2026 ",
            "4th Mar 2026",
            "Wed 4 Mar 2026",
        ),
        *("4-Mar-26", "04.03.2026", "04-03-2026", "Wednesday, 4 March 2026", "2026-03-04 00:00:00"),
    ],
)
def test_a_date_is_read_in_every_british_form_with_the_day_first(text: str):
    assert parse_date_uk(text) == date(2026, 3, 4)


def test_two_digits_of_a_year_reach_back_to_1970():
    assert parse_date_uk("1/2/70").year == 1970
    assert parse_date_uk("1/2/69").year == 2069
    assert parse_date_uk("3 Sept 85") == date(1985, 9, 3)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "tomorrow",
            "31/02/2026",
            "2026-13-01",
            "13/13/2026",
            "0/1/2026",
            "4/3/226",
            "4 Marmalade 2026",
            "4 x 2026",
        ),
        *("1/1/1899", "1/1/2101", "٤/٣/٢٠٢٦", "2026-03-04 09:00", "4/3/2026; 5/3/2026", "9" * 5000, "\x00"),
    ],
)
def test_what_is_no_date_is_refused(text: str):
    with pytest.raises(Invalid) as caught:
        parse_date_uk(text, field="days")
    assert "write it as 03/03/2026" in caught.value.message
    assert list(caught.value.fields) == ["days"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(
            ("09:00", time(9)),
            ("9:00", time(9)),
            ("9.30am", time(9, 30)),
            ("9 am", time(9)),
            ("0900", time(9)),
        ),
        *(
            ("1:15 PM", time(13, 15)),
            ("12 p.m.", time(12)),
            ("12am", time(0)),
            ("16:00:00", time(16)),
            ("23:59", time(23, 59)),
        ),
    ],
)
def test_a_time_is_read_in_every_common_form(text: str, expected: time):
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "9", "24:00", "13pm", "0am", "9:5", "09:60", "9:00m", "noonish", "1e3"])
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(Invalid, match="write it as 09:00"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("12", 12), (" 1,200 ", 1200), ("12.0", 12), ("007", 7), ("0", 0)]
)
def test_a_whole_number_is_read(text: str, expected: int):
    assert parse_whole(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1.5", "12,00", "NaN", "1e9", "٣", "0x10", "1_000", "-1", "1000001", "9" * 5000]
)
def test_what_is_no_whole_number_in_range_is_refused(text: str):
    with pytest.raises(Invalid):
        parse_whole(text)


def test_the_range_of_a_whole_number_is_the_callers():
    assert parse_whole("-3", minimum=-5) == -3
    with pytest.raises(Invalid, match="13 is not between 1 and 12"):
        parse_whole("13", minimum=1, maximum=12)
