"""A date changed: its bookers and attendees are told, once for each change, in words that say what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Booking, Schedule
from backoffice.services import attendee_mail, messages

# Who still looks forward to the date; the others have been there.
TOLD = ("pending", "confirmed")
MOST_DAYS = 5

Said = Mapping[str, Any]


def tell(schedule: Schedule, before: Said, after: Said, actor: Actor) -> None:
    """Move the calendar entries on and promise the mails. `before` and `after` hold days, venue and instructors.

    Nothing for who teaches in another order: nobody would see a difference.
    """
    note = what_changed(before, after)
    if not note:
        return
    told = _move_on(schedule)
    for booking in told:
        _queue(booking, note, actor)
    attendee_mail.tell("date_changed", [booking.id for booking in told], actor, note=note)


def what_changed(before: Said, after: Said) -> str:
    """A line for each thing that is new; "" when nothing is."""
    lines = [
        _line("New time", before["days"], after["days"]),
        _line("New place", [before["venue"]], [after["venue"]]),
        _line("Instructor", sorted(before["instructors"]), sorted(after["instructors"])),
    ]
    return "\n".join(line for line in lines if line)


def _line(label: str, old: Sequence[str], new: Sequence[str]) -> str:
    if old == new:
        return ""
    was = f" (was {_join(old)})" if old else ""
    return f"{label}: {_join(new) or 'to be announced'}{was}."


def _join(words: Sequence[str]) -> str:
    more = f" and {len(words) - MOST_DAYS} more" if len(words) > MOST_DAYS else ""
    return "; ".join(words[:MOST_DAYS]) + more


def _move_on(schedule: Schedule) -> Sequence[Any]:
    return db.session.execute(
        update(Booking)
        .where(Booking.schedule_id == schedule.id, Booking.status.in_(TOLD))
        .values(calendar_sequence=Booking.calendar_sequence + 1)
        .returning(
            Booking.id,
            Booking.contact_first_name,
            Booking.contact_last_name,
            Booking.contact_email,
            Booking.customer_id,
            Booking.calendar_sequence,
        )
    ).all()


def _queue(booking: Any, note: str, actor: Actor) -> None:
    messages.queue(
        "booking_changed",
        recipient=booking.contact_email,
        recipient_name=f"{booking.contact_first_name} {booking.contact_last_name}".strip(),
        booking_id=booking.id,
        user_id=booking.customer_id,
        data={"note": note},
        once_key=f"booking_changed:{booking.id}:{booking.calendar_sequence}",
        actor=actor,
    )
