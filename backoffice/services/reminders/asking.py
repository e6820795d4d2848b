"""Asking a booker for the names by hand, and what came of asking so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.times import to_local
from backoffice.models import Booking, Message
from backoffice.services import audit, messages
from backoffice.services.reminders import names_link

MAIL = "names_missing"


@dataclass(frozen=True)
class Asked:
    """How often a booker was mailed for the names, and when last (UTC)."""

    times: int
    last_at: datetime | None


def ask_for_names(booking_id: UUID, actor: Actor, now: datetime | None = None) -> None:
    """Mail the booker the link to give the names; once a day. Raises Forbidden, NotFound, Refused."""
    actor.require("message.send")
    booking = db.session.get(Booking, booking_id)
    if booking is None:
        raise NotFound("This booking does not exist.")
    if not names_link.wants_names(booking):
        raise Refused("names_complete", "No name is missing on this booking.")
    if not booking.contact_email:
        raise Refused("no_address", "There is no e-mail address: call instead, and enter the names here.")
    day = to_local(now or datetime.now(UTC), booking.schedule.time_zone).date()
    queued = messages.queue(
        MAIL,
        recipient=booking.contact_email,
        recipient_name=booking.contact_name,
        booking_id=booking.id,
        user_id=booking.customer_id,
        once_key=f"ask_names:{booking.id}:{day}",
        actor=actor,
    )
    if queued is None:
        raise Refused("asked", "They were asked today already: once a day is enough.")
    audit.record(actor, "booking:ask_names", booking)


def asked(booking_id: UUID) -> Asked:
    """What was sent so far, by rule or by hand."""
    found = select(func.count(), func.max(Message.sent_at)).where(
        Message.booking_id == booking_id, Message.template == MAIL, Message.status == "sent"
    )
    times, last_at = db.session.execute(found).one()
    return Asked(times, last_at)
