"""The calendar file, read back by the parser of another programmer's calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event, Timezone

from backoffice.documents import calendar_file as calendar_module
from backoffice.documents.calendar_file import CalendarEntry, calendar_file

STAMP = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
ENTRY = CalendarEntry(
    uid="0190b5f2-booking@rft.example",
    sequence=0,
    summary="Emergency First Aid at Work",
    description="Reference RFT-2026-0001\nBring photo identification, please; lunch is included.",
    location="Micklegate Hall, 91 Micklegate, York, YO1 6LE",
    days=[(datetime(2026, 3, 3, 9, 0, tzinfo=UTC), datetime(2026, 3, 3, 16, 0, tzinfo=UTC))],
    timezone="Europe/London",
    organizer_name="React Fast Training",
    organizer_email="office@rft.example",
    url="https://rft.example/my/",
)
ALARM = "Aid\r\nBEGIN:VALARM\r\nTRIGGER:-PT1M\r\nACTION:DISPLAY\r\nDESCRIPTION:Pay evil\r\nEND:VALARM\r\n"
ADDED = ("X-EVIL", "ATTENDEE", "BEGIN:VALARM")
WORDS = ["uid", "summary", "description", "location", "organizer_name", "organizer_email", "url"]
HOSTILE = 'A"b:c;d,e\\f\r\nATTENDEE:mailto:evil@example.org\nX-EVIL:1\u2028X-EVIL:2\x00\ud800 <script> 李😀'


def zone_of(entry: CalendarEntry) -> tzinfo:
    (zone,) = [part for part in read(entry).walk() if isinstance(part, Timezone)]
    return zone.to_tz(lookup_tzid=False)


def start_of(event: Event) -> datetime:
    start = event.start
    assert isinstance(start, datetime)
    return start


def read(entry: CalendarEntry) -> Calendar:
    return Calendar.from_ical(calendar_file(entry, stamp=STAMP))


def events(entry: CalendarEntry) -> list[Event]:
    return [event for event in read(entry).walk() if isinstance(event, Event)]


def test_an_event_reads_back_as_it_was_given():
    (event,) = events(ENTRY)
    assert event["summary"] == ENTRY.summary
    assert event["description"] == ENTRY.description
    assert event["location"] == ENTRY.location
    assert event["url"] == ENTRY.url
    assert event["organizer"] == "mailto:office@rft.example"
    assert event["organizer"].params["CN"] == "React Fast Training"
    assert event.stamp == STAMP
    assert event["status"] == "CONFIRMED"


def test_a_booking_is_published_and_a_cancelled_one_is_cancelled():
    assert read(ENTRY)["method"] == "PUBLISH"
    cancelled = replace(ENTRY, cancelled=True, sequence=2)
    assert read(cancelled)["method"] == "CANCEL"
    (event,) = events(cancelled)
    assert event["status"] == "CANCELLED"
    assert event["sequence"] == 2


def test_the_identity_of_a_day_survives_a_move_to_another_date():
    moved = replace(
        ENTRY,
        sequence=1,
        days=[(start + timedelta(days=30), end + timedelta(days=30)) for start, end in ENTRY.days],
    )
    assert events(ENTRY)[0]["uid"] == events(moved)[0]["uid"] == "0190b5f2-booking-1@rft.example"


def test_each_day_of_a_course_is_an_event_of_its_own():
    start, end = ENTRY.days[0]
    three = replace(ENTRY, days=[(start + timedelta(days=n), end + timedelta(days=n)) for n in (2, 0, 1)])
    found = events(three)
    assert [str(event["uid"]).split("@")[0][-2:] for event in found] == ["-1", "-2", "-3"]
    assert [start_of(event).day for event in found] == [3, 4, 5]
    assert str(found[1]["summary"]) == "Emergency First Aid at Work (day 2 of 3)"


def test_london_times_stay_at_nine_across_the_clock_change():
    london = ZoneInfo("Europe/London")
    local = [datetime(2026, 3, day, 9, 0, tzinfo=london) for day in (28, 29)]
    entry = replace(
        ENTRY, days=[(start.astimezone(UTC), start.astimezone(UTC) + timedelta(hours=7)) for start in local]
    )
    before, after = events(entry)
    assert (start_of(before).hour, start_of(after).hour) == (9, 9)
    assert start_of(before).astimezone(UTC).hour == 9
    assert start_of(after).astimezone(UTC).hour == 8
    assert before["dtstart"].params["TZID"] == "Europe/London"


def test_the_time_zone_is_described_for_calendars_that_do_not_know_it():
    zones = read(ENTRY).walk("VTIMEZONE")
    assert [str(zone["tzid"]) for zone in zones] == ["Europe/London"]
    zone = zone_of(ENTRY)
    assert datetime(2026, 7, 1, 9, 0, tzinfo=zone).utcoffset() == timedelta(hours=1)
    assert datetime(2026, 3, 3, 9, 0, tzinfo=zone).utcoffset() == timedelta(0)


def test_nairobi_is_three_hours_ahead_all_year():
    nairobi = replace(ENTRY, timezone="Africa/Nairobi")
    (event,) = events(nairobi)
    assert start_of(event).hour == 12
    assert b"DTSTART;TZID=Africa/Nairobi:20260303T120000" in calendar_file(nairobi, stamp=STAMP)
    zone = zone_of(nairobi)
    assert datetime(2026, 3, 3, 12, 0, tzinfo=zone).utcoffset() == timedelta(hours=3)


@pytest.mark.parametrize("field", WORDS)
@pytest.mark.parametrize("text", [HOSTILE, ALARM], ids=["lines", "alarm"])
def test_hostile_text_adds_no_line_to_the_file(field: str, text: str):
    written = calendar_file(CalendarEntry(**(vars(ENTRY) | {field: text})), stamp=STAMP)
    assert added_lines(written) == []
    assert len(list(Calendar.from_ical(written).walk("VEVENT"))) == 1
    assert Calendar.from_ical(written).walk("VALARM") == []


def test_with_its_line_ends_the_same_text_is_an_alarm():
    """The control: the description as it would stand there if its line ends had not been escaped."""
    written = calendar_file(replace(ENTRY, description=ALARM), stamp=STAMP)
    live = unfolded(written).replace("\\n", "\r\n").encode()
    assert added_lines(live) == ["BEGIN:VALARM"]
    assert len(Calendar.from_ical(live).walk("VALARM")) == 1


@pytest.mark.parametrize("field", ["summary", "location", "organizer_name"])
def test_uncleaned_text_breaks_a_line_behind_the_back_of_the_library(
    field: str, monkeypatch: pytest.MonkeyPatch
):
    """The control of the cleaning: the library escapes CR and LF, and not the other ends of a line."""
    monkeypatch.setattr(calendar_module, "one_line", lambda text, **_: text)
    written = calendar_file(CalendarEntry(**(vars(ENTRY) | {field: "Aid\u2028X-EVIL:2"})), stamp=STAMP)
    assert [line[:8] for line in added_lines(written)] == ["X-EVIL:2"]


def added_lines(written: bytes) -> list[str]:
    """The lines of the file that only hostile text can have brought."""
    return [line for line in unfolded(written).splitlines() if line.startswith(ADDED)]


def unfolded(written: bytes) -> str:
    return written.replace(b"\r\n ", b"").decode("utf-8")


def test_text_with_commas_and_line_ends_reads_back_whole():
    (event,) = events(replace(ENTRY, summary="Aid, first; \\n <b>", description="One\r\nTwo, three\rFour;\\"))
    assert event["summary"] == "Aid, first; \\n <b>"
    assert event["description"] == "One\nTwo, three\nFour;\\"


def test_lines_are_folded_at_75_bytes_and_end_in_crlf():
    written = calendar_file(replace(ENTRY, summary="李" * 200), stamp=STAMP)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_the_same_booking_gives_the_same_bytes():
    assert calendar_file(ENTRY, stamp=STAMP) == calendar_file(ENTRY, stamp=STAMP)


def test_an_instant_without_a_time_zone_is_refused():
    naive = STAMP.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        calendar_file(replace(ENTRY, days=[(naive, naive)]), stamp=STAMP)
