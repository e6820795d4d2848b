"""A booking becomes firm: because it was paid, or because somebody says so."""

from datetime import datetime

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.statuses import check_move
from backoffice.models import Booking
from backoffice.services import audit, messages, work_items


def confirm_if_paid(booking: Booking, actor: Actor, now: datetime) -> bool:
    """Confirm a pending booking whose price is in, or one whose hold ran out while its places are still free.

    When they are not, the money stays on it and somebody is asked to move or refund it.
    """
    if booking.status not in ("pending", "expired") or booking.paid_minor < booking.total_minor:
        return False
    if booking.status == "expired" and booking.schedule.seats_left < booking.seats:
        sentence = (
            f"{booking.reference} was paid after its hold ended and the date is full: move or refund it."
        )
        work_items.add("paid_after_hold", booking, sentence)
        return False
    make_firm(booking, actor, now)
    return True


def make_firm(booking: Booking, actor: Actor, now: datetime, *, send_mail: bool = True) -> None:
    """Move to confirmed, write it down, tell the customer. Raises Refused for another status."""
    check_move("booking", booking.status, "confirmed")
    old = booking.status
    booking.status, booking.confirmed_at, booking.hold_expires_at = "confirmed", now, None
    db.session.flush()
    audit.record(actor, "booking:confirm", booking, old={"status": old}, new={"status": "confirmed"})
    if send_mail:
        tell(booking, "booking_confirmed", actor)


def tell(booking: Booking, template: str, actor: Actor) -> None:
    """Mail the contact about a booking; a caller without an address gets paper."""
    if booking.contact_email:
        messages.queue(
            template,
            recipient=booking.contact_email,
            recipient_name=booking.contact_name,
            booking_id=booking.id,
            user_id=booking.customer_id,
            actor=actor,
        )
