"""Hours as people write them, and what the clock change does to a span of time."""

from datetime import UTC, date, datetime, time

import pytest

from backoffice.domain import clock_changes
from backoffice.domain.availability import is_within, parse_hours, say_hours
from backoffice.domain.errors import Invalid

DAY = date(2027, 3, 9)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9-17", "09:00–17:00"),
        ("09:00–12:00, 13:00–17:30", "09:00–12:00, 13:00–17:30"),
        ("13 to 17 and 9 - 12", "09:00–12:00, 13:00–17:00"),
        ("9-12, 12-17", "09:00–17:00"),
        ("9am-5pm", "09:00–17:00"),
        ("18:00-24:00", "18:00–23:59"),
        ("", ""),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, said: str) -> None:
    assert say_hours(parse_hours(typed)) == said


@pytest.mark.parametrize("typed", ["9", "17-9", "9-9", "25-26", "morning", "9-12-15", "9-17\x00", "1-2," * 7])
def test_what_is_no_span_of_time_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_hours(typed, field="monday")
    assert caught.value.field == "monday"


def test_a_course_lies_within_one_of_the_spans() -> None:
    hours = parse_hours("9-12, 13-17")

    def at(start: int, end: int) -> bool:
        return is_within(datetime.combine(DAY, time(start)), datetime.combine(DAY, time(end)), hours)

    assert at(9, 12)
    assert at(14, 16)
    assert not at(9, 17)
    assert not at(8, 11)
    next_day = datetime.combine(date(2027, 3, 10), time(10))
    assert not is_within(datetime.combine(DAY, time(9)), next_day, hours)


def test_a_day_on_which_the_clock_changes_is_noted() -> None:
    forward, back = date(2027, 3, 28), date(2027, 10, 31)
    assert clock_changes.notes(forward, time(0), time(5), "Europe/London") == [
        "The clock goes forward on Sun 28 Mar 2027: it lasts 4 hours."
    ]
    assert clock_changes.notes(back, time(0, 30), time(1, 30), "Europe/London") == [
        "01:30 comes twice on Sun 31 Oct 2027, as the clock goes back: the first is meant."
    ]
    assert clock_changes.notes(forward, time(9), time(16), "Europe/London") == []
    assert clock_changes.notes(forward, time(0), time(5), "Africa/Nairobi") == []


def test_between_summer_and_winter_the_clock_has_changed() -> None:
    winter, summer = datetime(2027, 3, 9, tzinfo=UTC), datetime(2027, 4, 9, tzinfo=UTC)
    assert clock_changes.changed_between(winter, summer, "Europe/London") == "forward"
    assert clock_changes.changed_between(summer, datetime(2027, 11, 9, tzinfo=UTC), "Europe/London") == "back"
    assert clock_changes.changed_between(winter, summer, "Africa/Nairobi") == ""
