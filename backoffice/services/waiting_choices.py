"""Money that comes for a booking whose date was called off waits for its booker's choice."""

from __future__ import annotations

from datetime import datetime

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.models import Booking, ScheduleChoice
from backoffice.services import messages


def keeps_its_money(booking: Booking, actor: Actor, now: datetime) -> bool:
    """Whether a choice about this booking is open; money that came late opens one that had nothing to choose about.

    The choice's row is taken: an answer on its way does not know of this money.
    """
    if booking.status != "cancelled":
        return False
    choice = lock_row(ScheduleChoice, ScheduleChoice.booking_id == booking.id)
    if choice is None or choice.is_answered:
        return False
    if choice.status == "nothing_paid":
        _open(choice, booking, actor, now)
    return True


def _open(choice: ScheduleChoice, booking: Booking, actor: Actor, now: datetime) -> None:
    choice.status, choice.apply_at = "open", max(choice.deadline_at, now)
    db.session.flush()
    messages.queue(
        "date_called_off_reminder",
        recipient=booking.contact_email,
        recipient_name=booking.contact_name,
        booking_id=booking.id,
        user_id=booking.customer_id,
        once_key=f"date_called_off_late:{choice.id}",
        actor=actor,
    )
