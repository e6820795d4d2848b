"""What belongs to a customer: their bookings, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, NotFound
from backoffice.models import Attendee, Booking, Certificate, User
from backoffice.services import own_records
from backoffice.services.certificates import reading as certificates

MOST_CERTIFICATES = 100


def list_bookings(actor: Actor) -> Sequence[Booking]:
    """The actor's own bookings, the newest date first. Raises Forbidden."""
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    return own_records.list_bookings(actor)


def get_booking(booking_id: UUID, actor: Actor) -> Booking:
    """One of the actor's own. Raises NotFound, for somebody else's as for none, and to who has none of their own."""
    is_own = (Booking.id == booking_id) & (Booking.customer_id == actor.user_id)
    found = db.session.scalar(select(Booking).where(is_own)) if actor.may("own.read") else None
    if found is None:
        raise NotFound("This booking does not exist.")
    return found


def list_certificates(actor: Actor) -> Sequence[Certificate]:
    """What holds of the actor's certificates, and of those of people they booked for; the newest first.

    Somebody else's booking counts where it names the actor's own address, which signing in by a link has proved.
    Raises Forbidden.
    """
    actor.require("own.read")
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    mine = Certificate.user_id == actor.user_id
    booked = Certificate.booking_id.in_(select(Booking.id).where(Booking.customer_id == actor.user_id))
    named = Certificate.attendee_id.in_(
        select(Attendee.id).where(Attendee.email == _proved_address(actor.user_id))
    )
    return db.session.scalars(
        select(Certificate)
        .where(or_(mine, booked, named), Certificate.status == "valid", Certificate.making == "made")
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
        .limit(MOST_CERTIFICATES)
    ).all()


def _proved_address(user_id: UUID) -> Any:
    return select(User.email).where(User.id == user_id, User.email_verified_at.is_not(None)).scalar_subquery()


def certificates_of(booking: Booking) -> list[Certificate]:
    """Those of a booking's people that hold and are made."""
    return [
        each
        for each in certificates.list_of_booking(booking.id)
        if each.status == "valid" and each.making == "made"
    ]
