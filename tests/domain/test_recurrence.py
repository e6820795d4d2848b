"""The days on which the dates of a series begin."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from backoffice.domain.errors import Invalid
from backoffice.domain.recurrence import TIMES_MAXIMUM, Rule, find_days, months_without, say_rule

TUESDAY = date(2027, 3, 9)
WEEKLY = Rule("weekly", TUESDAY, 4)


def days(rule: Rule, **more: Any) -> list[str]:
    return [
        f"{each.on:%d %b}" + (f" {each.left_out}" if each.left_out else "")
        for each in find_days(rule, **more)
    ]


@pytest.mark.parametrize(
    ("rule", "expected", "words"),
    [
        (WEEKLY, ["09 Mar", "16 Mar", "23 Mar", "30 Mar"], "Every Tuesday"),
        (
            replace(WEEKLY, every=2),
            ["09 Mar", "23 Mar", "06 Apr", "20 Apr"],
            "Tuesday of every 2 weeks",
        ),
        (
            replace(WEEKLY, weekdays=(4,)),
            ["09 Mar", "11 Mar", "16 Mar", "18 Mar"],
            "Every Tuesday and Thursday",
        ),
        (
            replace(WEEKLY, repeats="monthly_weekday"),
            ["09 Mar", "13 Apr", "11 May", "08 Jun"],
            "On the second Tuesday of every month",
        ),
        (
            Rule("monthly_last", date(2027, 3, 30), 3, every=2),
            ["30 Mar", "25 May", "27 Jul"],
            "On the last Tuesday of every 2 months",
        ),
        (
            replace(WEEKLY, repeats="monthly_date", times=1),
            ["09 Mar"],
            "On the 9th of every month",
        ),
    ],
)
def test_a_rule_leads_to_its_days(rule: Rule, expected: list[str], words: str) -> None:
    assert days(rule) == expected
    assert say_rule(rule) == words


def test_months_without_the_day_have_no_date_and_it_is_said() -> None:
    rule = Rule("monthly_date", date(2027, 1, 31), 3)
    assert days(rule) == ["31 Jan", "31 Mar", "31 May"]
    assert months_without(rule) == "Months without a 31st have no date."
    fifth = Rule("monthly_weekday", date(2027, 1, 29), 2)
    assert days(fifth) == ["29 Jan", "30 Apr"]
    assert months_without(fifth) == "Months without a fifth Friday have no date."
    assert months_without(WEEKLY) == ""


def test_a_public_holiday_is_left_out_and_does_not_count() -> None:
    found = days(WEEKLY, holidays={date(2027, 3, 16): "A feast"})
    assert found == ["09 Mar", "16 Mar A feast", "23 Mar", "30 Mar", "06 Apr"]


def test_any_day_of_a_date_of_several_days_counts_as_a_holiday() -> None:
    found = days(WEEKLY, holidays={date(2027, 3, 18): "A feast"}, length=(0, 1, 2))
    assert "16 Mar A feast" in found


def test_a_rule_that_skips_nothing_keeps_its_holidays() -> None:
    rule = replace(WEEKLY, skips_holidays=False)
    assert days(rule, holidays={date(2027, 3, 16): "A feast"}) == ["09 Mar", "16 Mar", "23 Mar", "30 Mar"]


def test_a_series_that_only_meets_holidays_ends() -> None:
    christmas = {date(year, 12, 25): "Christmas" for year in range(2020, 2100)}
    assert find_days(Rule("monthly_date", date(2027, 12, 25), 3, every=12), christmas) == []


def test_a_series_reaches_five_years_at_most() -> None:
    found = find_days(Rule("monthly_date", TUESDAY, TIMES_MAXIMUM, every=12))
    assert [each.on.year for each in found] == [2027, 2028, 2029, 2030, 2031, 2032]


def test_the_end_of_the_calendar_is_no_error() -> None:
    assert len(find_days(Rule("weekly", date(9999, 12, 20), 5))) == 2


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (replace(WEEKLY, repeats="daily"), "repeats"),
        (replace(WEEKLY, every=0), "every"),
        (replace(WEEKLY, every=53), "every"),
        (replace(WEEKLY, repeats="monthly_date", every=13), "every"),
        (replace(WEEKLY, times=0), "times"),
        (replace(WEEKLY, times=TIMES_MAXIMUM + 1), "times"),
        (replace(WEEKLY, weekdays=(8,)), "weekdays"),
        (replace(WEEKLY, repeats="monthly_last"), "repeats"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(rule: Rule, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        find_days(rule)
    assert caught.value.field == field


def test_a_rule_is_stored_and_read_again() -> None:
    rule = replace(WEEKLY, weekdays=(4, 6), region="ENG", skips_holidays=False)
    assert Rule.from_json(rule.as_json()) == rule
