"""Mails to attendees who have an address of their own: they read of their place, never of prices or of other people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select

from backoffice.database import among, db
from backoffice.domain.actor import Actor
from backoffice.models import Attendee, Booking, Message
from backoffice.services import messages

JOINING = "joining_instructions"


def tell(
    template: str,
    booking_ids: Sequence[UUID],
    actor: Actor,
    *,
    note: str = "",
    attendee_ids: Sequence[UUID] | None = None,
) -> int:
    """Queue a mail for every attendee of these bookings whose address is not the booker's; how many.

    Of places that were only held they know nothing yet. Once for each state of the booking's calendar entry: move
    that on first. `attendee_ids` narrows it down, to places that were cancelled too; without it only others.
    """
    which = Attendee.cancelled_at.is_(None) if attendee_ids is None else among(Attendee.id, attendee_ids)
    rows = db.session.execute(
        select(Attendee, Booking.customer_id, Booking.calendar_sequence)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(
            among(Attendee.booking_id, booking_ids),
            which,
            or_(Booking.confirmed_at.is_not(None), Booking.status == "confirmed"),
            Attendee.email.is_not(None),
            Attendee.email.is_distinct_from(Booking.contact_email),
        )
        .order_by(Attendee.booking_id, Attendee.position)
    )
    by_address: dict[tuple[UUID, str], Any] = {}
    for row in rows:
        by_address.setdefault((row.Attendee.booking_id, row.Attendee.email), row)
    queued = [_queue(template, row, actor, note) for row in by_address.values()]
    return sum(message_id is not None for message_id in queued)


def tell_late(attendee: Attendee, booking: Booking, actor: Actor) -> None:
    """Joining instructions for somebody named after the others of the booking had theirs."""
    if not attendee.email or attendee.email == booking.contact_email or booking.status != "confirmed":
        return
    had = exists().where(
        Message.booking_id == booking.id, Message.template == JOINING, Message.status == "sent"
    )
    if not db.session.scalar(select(had)):
        return
    messages.queue(
        JOINING,
        recipient=attendee.email,
        recipient_name=attendee.name,
        booking_id=booking.id,
        user_id=booking.customer_id,
        data={"attendee_id": str(attendee.id)},
        once_key=f"late:{attendee.id}:{booking.schedule_id}:{attendee.email}"[:120],
        actor=actor,
    )


def _queue(template: str, row: Any, actor: Actor, note: str) -> UUID | None:
    attendee: Attendee = row.Attendee
    data = {"attendee_id": str(attendee.id)} | ({"note": note} if note else {})
    return messages.queue(
        template,
        recipient=attendee.email,
        recipient_name=attendee.name,
        booking_id=attendee.booking_id,
        user_id=row.customer_id,
        data=data,
        once_key=f"{template}:{attendee.id}:{row.calendar_sequence}",
        actor=actor,
    )
