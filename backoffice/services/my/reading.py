"""What belongs to a customer: their bookings, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, NotFound
from backoffice.models import Booking
from backoffice.services import own_records


def list_bookings(actor: Actor) -> Sequence[Booking]:
    """The actor's own bookings, the newest date first. Raises Forbidden."""
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    return own_records.list_bookings(actor)


def get_booking(booking_id: UUID, actor: Actor) -> Booking:
    """One of the actor's own. Raises Forbidden; NotFound, for somebody else's as for none."""
    actor.require("own.read")
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    found = db.session.scalar(
        select(Booking).where(Booking.id == booking_id, Booking.customer_id == actor.user_id)
    )
    if found is None:
        raise NotFound("This booking does not exist.")
    return found
