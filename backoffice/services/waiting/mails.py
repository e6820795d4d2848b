"""What the mails to a waiting party say, and the link they carry: written into the letter alone, never into a row."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.money import format_money
from backoffice.domain.times import say_instant, say_span
from backoffice.models import Message, Schedule, WaitingEntry, WaitingEntryDate
from backoffice.services.waiting.standing import url_of, wishes

JOINED: Final = "waiting_joined"
OFFER: Final = "waiting_offer"
LAPSED: Final = "waiting_lapsed"
ENDED: Final = "waiting_ended"
OF_PARTIES: Final = frozenset({JOINED, ENDED})
OF_BOOKINGS: Final = frozenset({OFFER, LAPSED})
TEMPLATES: Final = OF_PARTIES | OF_BOOKINGS

# What a preview says that is about nobody.
_EXAMPLE: Final[dict[str, Any]] = {
    "course": "First Aid at Work",
    "places": "2 places",
    "dates": ["Tue 3 Mar 2026, 09:00–16:00"],
    "ended": "Tue 3 Mar 2026, 09:00–16:00",
    "total": "£150.00",
    "held_until": "Wed 25 Feb 2026, 14:00",
}


def facts(data: dict[str, Any], booking_id: UUID | None = None) -> dict[str, Any]:
    """`waiting`: the party in words; a preview, which names none, shows an example. Raises NotFound."""
    entry = _entry(data, booking_id)
    if entry is None:
        if data.get("waiting_entry_id"):
            raise NotFound("The entry of the waiting list that this mail is about does not exist.")
        return {"waiting": _EXAMPLE}
    return {"waiting": _words(entry, data)}


def _entry(data: dict[str, Any], booking_id: UUID | None) -> WaitingEntry | None:
    if data.get("waiting_entry_id"):
        return db.session.scalar(
            select(WaitingEntry).where(WaitingEntry.id == UUID(str(data["waiting_entry_id"])))
        )
    if booking_id is None:
        return None
    return db.session.scalar(
        select(WaitingEntry)
        .join(WaitingEntryDate, WaitingEntryDate.entry_id == WaitingEntry.id)
        .where(WaitingEntryDate.booking_id == booking_id)
    )


def _words(entry: WaitingEntry, data: dict[str, Any]) -> dict[str, Any]:
    every = wishes(entry.id)
    offered = next((each for each in every if each.status == "offered"), None)
    booking = offered.booking if offered else None
    return {
        "course": entry.course.title,
        "places": "1 place" if entry.places == 1 else f"{entry.places} places",
        "dates": [_when(each.schedule) for each in every if each.status == "waiting"],
        "ended": _ended(data),
        "total": format_money(booking.payable_minor, booking.currency)
        if booking and booking.payable_minor
        else "",
        "held_until": say_instant(booking.hold_expires_at, booking.schedule.time_zone)
        if booking and booking.hold_expires_at
        else "",
    }


def _ended(data: dict[str, Any]) -> str:
    named = data.get("schedule_id")
    schedule = db.session.scalar(select(Schedule).where(Schedule.id == UUID(str(named)))) if named else None
    return _when(schedule) if schedule else ""


def _when(schedule: Schedule) -> str:
    return say_span(schedule.starts_at, schedule.ends_at, schedule.time_zone)


def url_for_message(message: Message) -> str:
    """The party's link; "" for another mail, and when its address is another one by now."""
    if message.template not in TEMPLATES:
        return ""
    entry = _entry(message.data, message.booking_id)
    return url_of(entry) if entry is not None and entry.contact_email == message.recipient else ""


def why_unwanted(message: Message) -> str | None:
    """A sentence when the party is not on the list any more by the time its confirmation would go out."""
    if message.template != JOINED:
        return None
    entry = _entry(message.data, None)
    if entry is None or entry.is_open:
        return None
    return "Not sent: the party had left the waiting list, or has its places."
