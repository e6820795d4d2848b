"""The link with which a booker gives the names of a booking: nothing of it is stored, and it opens that booking alone.

It carries the booking's id and a signature over provider, booking and the address it was mailed to: once the booking
belongs to another address, the old link is dead.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message, Tenant
from backoffice.services import tenants
from backoffice.tenancy import current_tenant_id

PAGE: Final = "/names/"
# The mails that carry it where names are missing; it goes to the booker, never to an attendee.
CONFIRMATION: Final = "booking_confirmed"
MAILS: Final = frozenset({CONFIRMATION, "names_missing", "joining_instructions", "reminder"})
OPEN: Final = ("pending", "confirmed")
_HALF: Final = 22  # 16 bytes in base64, without its padding


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
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + token_of(booking)


def token_of(booking: Booking) -> str:
    """The secret part of the address of a booking with a contact address."""
    return _text(booking.id.bytes) + _text(_signature(booking.id, booking.contact_email or ""))


def find(token: str) -> Booking | None:
    """The booking of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    booking_id = _booking_id(token)
    if booking_id is None:
        return None
    booking = db.session.scalar(select(Booking).where(Booking.id == booking_id))
    if booking is None or not booking.contact_email:
        return None
    is_ours = hmac.compare_digest(token.encode(), token_of(booking).encode())
    return booking if is_ours else None


def _booking_id(token: str) -> UUID | None:
    if len(token) != 2 * _HALF or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token[:_HALF]}=="))
    except (NotBase64, ValueError):
        return None


def _signature(booking_id: UUID, address: str) -> bytes:
    key = current_app.extensions["settings"].secret_key.encode()
    about = f"names\0{current_tenant_id()}\0{booking_id}\0{address}"
    return hmac.digest(key, about.encode(), hashlib.sha256)[:16]


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
