"""What can go back: the payments it comes from, the line of each place, and what the course's rules say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.refund_policy import proposed_refund
from backoffice.domain.statuses import RESERVING_REFUND
from backoffice.models import Allocation, Attendee, Booking, Payment, Refund
from backoffice.services import left_over


@dataclass
class Source:
    """A payment, and what of it can still go back (minor units)."""

    payment: Payment
    left_minor: int


def sources_of(booking: Booking) -> list[Source]:
    """The payments of a booking with what of each can still go back for it, the newest first."""
    back = _reserved(Refund.booking_id == booking.id)
    parts = db.session.execute(
        select(Payment, Allocation.amount_minor)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .where(Allocation.booking_id == booking.id, Payment.status == "succeeded")
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
    )
    found = [Source(payment, amount - back.get(payment.id, 0)) for payment, amount in parts]
    return [source for source in found if source.left_minor > 0]


def sources_of_payment(payment: Payment) -> list[Source]:
    """What a payment has left over, as a source of its own."""
    left = left_over.free_minor(payment)
    return [Source(payment, left)] if left > 0 else []


def _reserved(which: object) -> dict[UUID, int]:
    sums = (
        select(Refund.payment_id, func.sum(Refund.amount_minor))
        .where(which, Refund.status.in_(RESERVING_REFUND))  # type: ignore[arg-type]
        .group_by(Refund.payment_id)
    )
    return {payment_id: int(amount) for payment_id, amount in db.session.execute(sums)}


def left_minor(sources: Sequence[Source]) -> int:
    """What can go back in all (minor units)."""
    return sum(source.left_minor for source in sources)


def lines_of(places: Sequence[Attendee]) -> dict[UUID, int]:
    """Each place's own line, less what was given back for it by name (minor units), by the place's id."""
    sums = (
        select(Refund.attendee_id, func.sum(Refund.amount_minor))
        .where(Refund.attendee_id.in_([place.id for place in places]), Refund.status.in_(RESERVING_REFUND))
        .group_by(Refund.attendee_id)
    )
    back = {place_id: int(amount) for place_id, amount in db.session.execute(sums)}
    return {place.id: max(place.net_minor - back.get(place.id, 0), 0) for place in places}


def by_policy(
    booking: Booking, base_minor: int, now: datetime, *, ends_now: bool = False, place: Attendee | None = None
) -> tuple[int, str]:
    """What the course's window and fee give back of an amount (minor units), and the sentence that says why.

    The hour that counts is that of the cancellation, not that of the asking: of the place, where the amount is one
    place's. With `ends_now` it is this one (UTC), whatever was cancelled before. A date that the provider called off
    is given back in full.
    """
    course = booking.schedule.course
    if booking.schedule.status == "cancelled":
        return base_minor, "The date was called off: a full refund is due."
    if course.refund_window_hours is None:
        return base_minor, "The course sets no time limit for refunds."
    when = now if ends_now else _ended_at(booking, place) or now
    hours = (booking.starts_at - when).total_seconds() / 3600
    return proposed_refund(base_minor, hours, course.refund_window_hours, course.refund_fee_bp)


def _ended_at(booking: Booking, place: Attendee | None) -> datetime | None:
    """When the place, or else the booking or the last of its places that is off, was cancelled (UTC)."""
    if place:
        return place.cancelled_at or booking.cancelled_at
    ended = [place.cancelled_at for place in booking.attendees if place.cancelled_at]
    return booking.cancelled_at or max(ended, default=None)
