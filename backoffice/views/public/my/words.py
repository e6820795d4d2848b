"""A booking in the words of its customer's pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.money import format_money
from backoffice.domain.times import say_days, say_instant, to_local
from backoffice.models import Booking

LIVE = ("pending", "confirmed")


@dataclass(frozen=True)
class Card:
    """One booking in a list."""

    key: str
    course: str
    day: str
    month: str
    when: str
    where: str
    places: str
    reference: str
    status: str
    tone: str
    due: str
    total: str
    is_ahead: bool


def card(booking: Booking, now: datetime) -> Card:
    """What a list says of a booking at this moment (UTC)."""
    schedule = booking.schedule
    first = to_local(schedule.starts_at, schedule.time_zone)
    said, tone = status(booking, now)
    owes = booking.status in LIVE and booking.payable_minor > 0
    return Card(
        key=str(booking.id),
        course=schedule.course.title,
        day=str(first.day),
        month=f"{first:%b}",
        when=say_days(schedule.starts_at, schedule.ends_at, schedule.time_zone),
        where=place(booking),
        places=ngettext("%(num)s place", "%(num)s places", booking.seats),
        reference=booking.reference,
        status=said,
        tone=tone,
        due=format_money(booking.payable_minor, booking.currency) if owes else "",
        total=format_money(booking.total_minor, booking.currency),
        is_ahead=booking.status in LIVE and schedule.ends_at > now,
    )


def place(booking: Booking) -> str:
    """The venue, with its town where the name does not say it."""
    venue = booking.schedule.venue
    return f"{venue.name}, {venue.city}" if venue.city and venue.city not in venue.name else venue.name


def status(booking: Booking, now: datetime) -> tuple[str, str]:
    """How a booking stands, in words for who booked, and the tone of its mark."""
    if booking.status == "confirmed":
        return (_("Confirmed"), "good") if booking.schedule.ends_at > now else (_("Taken place"), "quiet")
    return {
        "pending": (_("Held for you"), "wait"),
        "cancelled": (_("Cancelled"), "bad"),
        "expired": (_("Hold ended"), "bad"),
        "completed": (_("Completed"), "good"),
        "no_show": (_("Nobody came"), "quiet"),
    }[booking.status]


def held_until(booking: Booking) -> str:
    """Until when places are held that are not paid for yet; "" otherwise."""
    if booking.status != "pending" or booking.hold_expires_at is None:
        return ""
    return say_instant(booking.hold_expires_at, booking.schedule.time_zone)
