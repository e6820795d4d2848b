"""The link that opens one booking to who booked it, and nothing else: it stands in the mails about that booking.

Nothing of it is stored. It carries the booking's id and a signature over provider, booking and the address that it was
mailed to: once the booking belongs to another address, the old link is dead. It ends a while after the date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message
from backoffice.services import signed_links

PAGE: Final = "/my/booking/"
# The mails that carry it; they go to who booked, never to an attendee.
MAILS: Final = frozenset(
    {"booking_received", "booking_confirmed", "booking_changed", "joining_instructions", "reminder"}
)
# Certificates and receipts are fetched after the course; later one signs in.
AFTERWARDS: Final = timedelta(days=90)


def url_for_message(message: Message) -> str:
    """The link that this mail carries; "" for a mail without one."""
    if message.template not in MAILS or message.booking_id is None or "attendee_id" in message.data:
        return ""
    booking = db.session.get(Booking, message.booking_id)
    # The contact may have changed since: whoever had the address before gets no key to the booking.
    if booking is None or booking.contact_email != message.recipient:
        return ""
    return url_of(booking)


def url_of(booking: Booking) -> str:
    """The full address, at the provider's own host. It is a secret: never written into a row or a log."""
    return signed_links.address(PAGE, token_of(booking))


def token_of(booking: Booking) -> str:
    """The secret part of the address of a booking with a contact address."""
    return signed_links.token_of("my booking", booking.id, booking.contact_email or "")


def find(token: str, now: datetime | None = None) -> Booking | None:
    """The booking of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    booking_id = signed_links.read_id(token)
    booking = db.session.scalar(select(Booking).where(Booking.id == booking_id)) if booking_id else None
    if booking is None or not booking.contact_email:
        return None
    is_late = booking.schedule.ends_at + AFTERWARDS < (now or datetime.now(UTC))
    return booking if signed_links.is_ours(token, token_of(booking)) and not is_late else None
