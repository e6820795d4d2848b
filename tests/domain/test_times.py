"""Wall time and instants around clock changes (abuse case J1)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.domain import times
from backoffice.domain.errors import Invalid

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LATEST = datetime(2060, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LONDON, NAIROBI = "Europe/London", "Africa/Nairobi"


@pytest.mark.parametrize(
    ("day", "at", "tz", "instant"),
    [
        (date(2026, 3, 3), time(9), LONDON, datetime(2026, 3, 3, 9, tzinfo=UTC)),
        (date(2026, 3, 29), time(9), LONDON, datetime(2026, 3, 29, 8, tzinfo=UTC)),
        (date(2026, 3, 29), time(0, 59), LONDON, datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        (date(2026, 10, 25), time(1, 30), LONDON, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 3, 3), time(9), NAIROBI, datetime(2026, 3, 3, 6, tzinfo=UTC)),
    ],
)
def test_a_wall_time_has_its_instant(day: date, at: time, tz: str, instant: datetime) -> None:
    assert times.local_to_utc(day, at, tz) == instant


@pytest.mark.parametrize("at", [time(1), time(1, 30), time(1, 59, 59)])
def test_a_wall_time_that_the_clock_skips_is_refused(at: time) -> None:
    with pytest.raises(Invalid, match="does not exist on Sun 29 Mar 2026"):
        times.local_to_utc(date(2026, 3, 29), at, LONDON)


@given(
    st.datetimes(EARLIEST, LATEST),
    st.sampled_from([LONDON, NAIROBI, "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_wall_time_comes_back_from_its_instant(wall: datetime, tz: str) -> None:
    try:
        instant = times.local_to_utc(wall.date(), wall.time(), tz)
    except Invalid:
        return
    assert instant.tzinfo is UTC
    assert times.to_local(instant, tz).replace(tzinfo=None) == wall


def test_an_instant_without_a_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="time zone"):
        times.to_local(EARLIEST, LONDON)


@pytest.mark.parametrize(
    "name", ["", "Europe", "Europe/Leeds", "../etc/passwd", "/etc/localtime", "a\x00b", "x" * 5000]
)
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        times.zone(name)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 3), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)]
)
def test_a_day_is_as_long_as_its_clock_says(day: date, hours: int) -> None:
    begin, end = times.day_bounds(day, LONDON)
    assert end - begin == timedelta(hours=hours)
    assert times.to_local(begin, LONDON).date() == day


def test_an_instant_is_said_as_people_say_it() -> None:
    instant = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert times.say_instant(instant, LONDON) == "Wed 1 Jul 2026, 09:00"
    assert times.say_instant(instant, NAIROBI) == "Wed 1 Jul 2026, 11:00"


def test_a_span_names_the_day_once() -> None:
    start = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert times.say_span(start, start + timedelta(hours=7), LONDON) == "Tue 3 Mar 2026, 09:00–16:00"
    over_days = "Tue 3 Mar 2026, 09:00 – Thu 5 Mar 2026, 16:00"
    assert times.say_span(start, start + timedelta(days=2, hours=7), LONDON) == over_days


@given(st.dates())
def test_a_date_is_said_in_english_whatever_the_locale(day: date) -> None:
    weekday, number, _, year = times.say_date(day).split()
    assert (int(number), int(year)) == (day.day, day.year)
    assert weekday in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize(
    "typed", ["2026-03-04", " 4/3/2026 ", "04/03/2026", "04.03.2026", "2026-3-4", "4/3/26", "Wed 4 Mar 2026"]
)
def test_a_date_is_read_with_the_day_before_the_month(typed: str) -> None:
    assert times.parse_date(typed) == date(2026, 3, 4)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "30/02/2026",
        "2026-13-01",
        "3/13/2026",
        "1/1/261",
        "0000-01-01",
        "1899-12-31",
        "2101-01-01",
    ],
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        times.parse_date(typed, field="starts_on")
    assert list(refusal.value.fields) == ["starts_on"]


@pytest.mark.parametrize("typed", ["09:05", "9:05", "9.05", " 09:05:00 ", "0905", "9:05 am"])
def test_a_wall_time_is_read_as_people_type_it(typed: str) -> None:
    assert times.parse_time(typed) == time(9, 5)


@pytest.mark.parametrize("typed", ["", "9", "24:00", "12:60", "13pm", "٠٩:٠٠"])
def test_what_is_no_wall_time_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="09:30"):
        times.parse_time(typed)
