"""A calendar that programs ask for again and again (RFC 5545, RFC 7986): coming dates of a course, a venue, a provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from backoffice.documents.plain_text import block, one_line

_PRODUCT = "-//Training back office//Dates//EN"
# How soon a program may look again.
_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class FeedEvent:
    """One day of a date: instants in UTC; `uid` names it for ever, `changed_at` says which version this is."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    summary: str
    description: str
    location: str
    url: str


def calendar_feed(name: str, events: Iterable[FeedEvent]) -> bytes:
    """The .ics bytes of a feed called `name`; send as `text/calendar; charset=utf-8`.

    Instants are written in UTC, which every program shows on the reader's own clock. Raises ValueError for one
    without a time zone.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", one_line(name))
    calendar.add("x-wr-calname", one_line(name))
    calendar.add("refresh-interval", _AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for each in events:
        calendar.add_component(_event(each))
    return calendar.to_ical()


def _event(said: FeedEvent) -> Event:
    event = Event()
    event.add("uid", one_line(said.uid))
    event.add("dtstamp", _utc(said.changed_at))
    event.add("last-modified", _utc(said.changed_at))
    event.add("dtstart", _utc(said.starts_at))
    event.add("dtend", _utc(said.ends_at))
    event.add("summary", one_line(said.summary))
    event.add("transp", "TRANSPARENT")  # an offer keeps nobody busy
    event.add("url", "".join(one_line(said.url, maximum=2000).split()))
    if said.description:
        event.add("description", block(said.description, maximum=1000, maximum_lines=20))
    if said.location:
        event.add("location", one_line(said.location, maximum=500))
    return event


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a calendar feed needs instants with a time zone")
    return instant.astimezone(UTC)
