"""The link that opens one booking to who booked it, and nothing else: it stands in the mails about that booking.

Nothing of it is stored. It carries the booking's id and a signature over provider, booking and the address that it was
mailed to: once the booking belongs to another address, the old link is dead. It ends a while after the date.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, Message, Tenant
from backoffice.services import tenants
from backoffice.tenancy import current_tenant_id

PAGE: Final = "/my/booking/"
# The mails that carry it; they go to who booked, never to an attendee.
MAILS: Final = frozenset(
    {"booking_received", "booking_confirmed", "booking_changed", "joining_instructions", "reminder"}
)
# Certificates and receipts are fetched after the course; later one signs in.
AFTERWARDS: Final = timedelta(days=90)
_HALF: Final = 22  # 16 bytes in base64, without its padding
LENGTH: Final = 2 * _HALF


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
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + token_of(booking)


def token_of(booking: Booking) -> str:
    """The secret part of the address of a booking with a contact address."""
    return _text(booking.id.bytes) + _text(_signature(booking.id, booking.contact_email or ""))


def find(token: str, now: datetime | None = None) -> Booking | None:
    """The booking of a link, in the provider whose host was called; None for a forged, foreign or dead one."""
    booking_id = _booking_id(token)
    if booking_id is None:
        return None
    booking = db.session.scalar(select(Booking).where(Booking.id == booking_id))
    if booking is None or not booking.contact_email:
        return None
    is_ours = hmac.compare_digest(token.encode(), token_of(booking).encode())
    is_late = booking.schedule.ends_at + AFTERWARDS < (now or datetime.now(UTC))
    return booking if is_ours and not is_late else None


def _booking_id(token: str) -> UUID | None:
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token[:_HALF]}=="))
    except (NotBase64, ValueError):
        return None


def _signature(booking_id: UUID, address: str) -> bytes:
    """For this purpose alone: the link that gives names has another one."""
    key = current_app.extensions["settings"].secret_key.encode()
    about = f"my booking\0{current_tenant_id()}\0{booking_id}\0{address}"
    return hmac.digest(key, about.encode(), hashlib.sha256)[:16]


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
