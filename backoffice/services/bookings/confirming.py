"""A booking becomes firm: because it was paid, or because somebody says so."""

from datetime import datetime

from psycopg.errors import IntegrityError as Refusal
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import from_constraint
from backoffice.domain.statuses import check_move
from backoffice.models import Booking
from backoffice.services import audit, live, messages, work_items


def confirm_if_paid(booking: Booking, actor: Actor, now: datetime) -> bool:
    """Confirm a pending booking whose price is in, or one whose hold ran out while its places are still free.

    When they are not, the money stays on it and somebody is asked to move or refund it.
    """
    if booking.status not in ("pending", "expired") or booking.payable_minor:
        return False
    if booking.status == "expired":
        return _take_again(booking, actor, now)
    make_firm(booking, actor, now)
    return True


def _take_again(booking: Booking, actor: Actor, now: datetime) -> bool:
    """Confirm what was expired, if the database still lets it: the date may be full or called off, the code used up.

    Tried in a savepoint, since the money that came must be written down in any case.
    """
    try:
        with db.session.begin_nested():
            make_firm(booking, actor, now)
            db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as error:
        work_items.add("paid_after_hold", booking, _too_late(booking, error))
        return False
    live.touch(booking.schedule_id)
    return True


def _too_late(booking: Booking, error: IntegrityError) -> str:
    name = error.orig.diag.constraint_name if isinstance(error.orig, Refusal) else None
    reason = from_constraint(name or "").message
    return f"{booking.reference} was paid after its hold ended: move or refund it. {reason}"


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
