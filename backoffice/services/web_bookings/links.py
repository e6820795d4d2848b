"""The payment link of a booking that was made on the public site."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import PaymentLink
from backoffice.services import payment_links
from backoffice.services.payment_links import Subject


def find_of(booking_id: UUID) -> PaymentLink | None:
    """The link that works now, or None."""
    return payment_links.find_living(Subject(booking_id))


def make_for(booking_id: UUID, actor: Actor) -> PaymentLink:
    """The link to pay all that is due; Refused where nothing is."""
    return payment_links.make(Subject(booking_id), actor)


def end_of(booking_id: UUID) -> None:
    """Another booking takes this one's place: nobody pays for it any more."""
    ended = update(PaymentLink).where(PaymentLink.booking_id == booking_id, PaymentLink.ended_at.is_(None))
    db.session.execute(ended.values(ended_at=func.now()), execution_options={"synchronize_session": False})
