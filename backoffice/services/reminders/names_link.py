"""The link with which a booker gives the names of a booking: nothing of it is stored, and it opens that booking alone.

It carries the booking's id and a signature over provider, booking and the address it was mailed to: once the booking
belongs to another address, the old link is dead.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message
from backoffice.services import signed_links

PAGE: Final = "/names/"
# The mails that carry it where names are missing; it goes to the booker, never to an attendee.
CONFIRMATION: Final = "booking_confirmed"
MAILS: Final = frozenset({CONFIRMATION, "names_missing", "joining_instructions", "reminder"})
OPEN: Final = ("pending", "confirmed")


def url_for_message(message: Message) -> str:
    """The link that this mail carries; "" for a mail without one."""
    if message.template not in MAILS or message.booking_id is None or "attendee_id" in message.data:
        return ""
    booking = db.session.get(Booking, message.booking_id)
    # The contact may have changed since: whoever had the address before gets no key to the booking.
    if booking is None or booking.contact_email != message.recipient or not wants_names(booking):
        return ""
    return url_of(booking)


def wants_names(booking: Booking) -> bool:
    """Whether names are missing of a booking that is still to come."""
    return booking.unnamed_places > 0 and booking.status in OPEN


def missing(booking: Booking) -> int:
    """How many names a mail to the booker asks for."""
    return booking.unnamed_places if wants_names(booking) else 0


def url_of(booking: Booking) -> str:
    """The full address, at the provider's own host. It is a secret: never written into a row or a log."""
    return signed_links.address(PAGE, token_of(booking))


def token_of(booking: Booking) -> str:
    """The secret part of the address of a booking with a contact address."""
    return signed_links.token_of("names", booking.id, booking.contact_email or "")


def find(token: str) -> Booking | None:
    """The booking of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    booking_id = signed_links.read_id(token)
    booking = db.session.scalar(select(Booking).where(Booking.id == booking_id)) if booking_id else None
    if booking is None or not booking.contact_email:
        return None
    return booking if signed_links.is_ours(token, token_of(booking)) else None
