"""The calendar file of a booking (RFC 5545): one event per day, in the local time of the course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from backoffice.documents.plain_text import block, one_line

_PRODUCT = "-//Training back office//Bookings//EN"


@dataclass(frozen=True)
class CalendarEntry:
    """What goes into a calendar file.

    `uid` names the booking for ever and `sequence` grows with every change, so a calendar moves the event
    that it has instead of adding another. `days` are pairs of UTC instants; `timezone` is an IANA name.
    """

    uid: str
    sequence: int
    summary: str
    description: str
    location: str
    days: list[tuple[datetime, datetime]]
    timezone: str
    organizer_name: str
    organizer_email: str
    cancelled: bool = False
    url: str | None = None


def calendar_file(entry: CalendarEntry, *, stamp: datetime) -> bytes:
    """The .ics bytes of `entry`; `stamp` is the instant at which the booking last changed (UTC).

    Send it as `text/calendar; charset=utf-8; method=PUBLISH` (or CANCEL). Raises ValueError for an instant
    without a time zone and ZoneInfoNotFoundError for an unknown one.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if entry.cancelled else "PUBLISH")
    for number, (start, end) in enumerate(sorted(entry.days), start=1):
        calendar.add_component(_event(entry, number, _local(start, entry), _local(end, entry), _utc(stamp)))
    if entry.days:
        first, last = _years_around(entry.days)
        calendar.add_missing_timezones(first_date=first, last_date=last)
    return calendar.to_ical()


def _event(entry: CalendarEntry, number: int, start: datetime, end: datetime, stamp: datetime) -> Event:
    event = Event()
    # By number, not by date: a booking that moves to another date keeps its events.
    event.add("uid", _day_uid(one_line(entry.uid), number))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", _day_summary(entry, number))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    _add_words(event, entry)
    return event


def _add_words(event: Event, entry: CalendarEntry) -> None:
    if entry.description:
        event.add("description", block(entry.description, maximum=5000, maximum_lines=100))
    if entry.location:
        event.add("location", one_line(entry.location, maximum=500))
    if entry.organizer_email:
        event.add("organizer", _organizer(entry))
    if entry.url:
        event.add("url", _without_spaces(entry.url))


def _organizer(entry: CalendarEntry) -> vCalAddress:
    address = vCalAddress("mailto:" + _without_spaces(entry.organizer_email))
    # A parameter value cannot hold a double quote at all (RFC 5545, 3.2).
    address.params["CN"] = vText(one_line(entry.organizer_name).replace('"', "'"))
    return address


def _day_summary(entry: CalendarEntry, number: int) -> str:
    summary = one_line(entry.summary)
    return summary if len(entry.days) == 1 else f"{summary} (day {number} of {len(entry.days)})"


def _day_uid(uid: str, number: int) -> str:
    name, at, host = uid.partition("@")
    return f"{name}-{number}{at}{host}"


def _without_spaces(text: str) -> str:
    return "".join(one_line(text, maximum=2000).split())


def _local(instant: datetime, entry: CalendarEntry) -> datetime:
    return _utc(instant).astimezone(ZoneInfo(entry.timezone))


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a calendar file needs instants with a time zone")
    return instant.astimezone(UTC)


def _years_around(days: list[tuple[datetime, datetime]]) -> tuple[date, date]:
    """A year on either side: enough rules for the events, and not sixty-eight years of them."""
    first, last = min(days)[0].date(), max(days)[1].date()
    return first - timedelta(days=366), last + timedelta(days=366)
