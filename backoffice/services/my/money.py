"""What a customer paid, and the receipt of it: one payment, the bookings that it pays, and what went back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, NotFound
from backoffice.domain.money import round_half_up
from backoffice.models import Allocation, Booking, Payment, Refund, Schedule
from backoffice.services import mail_facts

MOST = 200
# What a customer is told of; an attempt that failed or was given up is no payment.
IS_IN = "succeeded"
# From here on the money is promised: it is on its way, or there.
PROMISED = ("requested", "approved", "processing", "succeeded")


@dataclass(frozen=True)
class Line:
    """One booking of a receipt (minor units); `vat_minor` is contained in the amount."""

    reference: str
    course: str
    starts_at: datetime
    time_zone: str
    amount_minor: int
    vat_minor: int


@dataclass(frozen=True)
class Receipt:
    """A payment that is in, as its payer may show it to anybody (minor units, UTC)."""

    payment_id: UUID
    reference: str
    paid_at: datetime | None
    method: str
    payer: str
    company: str
    currency: str
    amount_minor: int
    lines: tuple[Line, ...]
    refunded: tuple[tuple[str, datetime | None, int], ...]
    payer_reference: str

    @property
    def rest_minor(self) -> int:
        """What pays no booking of this receipt."""
        return self.amount_minor - sum(line.amount_minor for line in self.lines)


def list_payments(actor: Actor) -> Sequence[Payment]:
    """The actor's own payments that are in, the newest first. Raises Forbidden."""
    return db.session.scalars(
        select(Payment)
        .where(Payment.customer_id == _own(actor), Payment.status == IS_IN)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .limit(MOST)
        .options(selectinload(Payment.allocations).joinedload(Allocation.booking))
    ).all()


def payments_of(booking: Booking) -> list[tuple[Payment, int]]:
    """What is in for a booking: each payment with its part (minor units), the newest first."""
    rows = db.session.execute(
        select(Payment, Allocation.amount_minor)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .where(Allocation.booking_id == booking.id, Payment.status == IS_IN)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def refunds_of(booking: Booking) -> Sequence[Refund]:
    """What goes back for a booking, or went, the newest first."""
    return db.session.scalars(
        select(Refund)
        .where(Refund.booking_id == booking.id, Refund.status.in_(PROMISED))
        .order_by(Refund.id.desc())
        .options(joinedload(Refund.payment))
    ).all()


def receipt(payment_id: UUID, actor: Actor) -> Receipt:
    """The receipt of one of the actor's own payments. Raises Forbidden, NotFound."""
    is_own = Payment.customer_id == _own(actor)
    payment = db.session.scalar(
        select(Payment).where(Payment.id == payment_id, is_own, Payment.status == IS_IN)
    )
    if payment is None:
        raise NotFound("This payment does not exist.")
    return _receipt(payment, payment.amount_minor, None)


def receipt_of_booking(booking: Booking, payment_id: UUID) -> Receipt:
    """The receipt of what a payment paid for one booking, and of nothing else that it paid. Raises NotFound."""
    found = [(payment, amount) for payment, amount in payments_of(booking) if payment.id == payment_id]
    if not found:
        raise NotFound("This payment does not exist.")
    payment, amount = found[0]
    return _receipt(payment, amount, booking.id)


def _own(actor: Actor) -> UUID:
    actor.require("own.read")
    if actor.user_id is None:
        raise Forbidden("Sign in to see this.")
    return actor.user_id


def _receipt(payment: Payment, amount_minor: int, booking_id: UUID | None) -> Receipt:
    parts = _parts(payment.id, booking_id)
    contact = parts[0].booking.contact_name if parts else ""
    return Receipt(
        payment_id=payment.id,
        reference=payment.reference,
        paid_at=payment.paid_at,
        method=payment.method,
        payer=contact or payment.customer.name,
        company=payment.company.name if payment.company else "",
        currency=payment.currency,
        amount_minor=amount_minor,
        lines=tuple(_line(part) for part in parts),
        refunded=tuple(_refunded(payment.id, booking_id)),
        payer_reference=payment.payer_reference or "",
    )


def _parts(payment_id: UUID, booking_id: UUID | None) -> Sequence[Allocation]:
    wanted = select(Allocation).join(Booking, Booking.id == Allocation.booking_id)
    wanted = wanted.where(Allocation.payment_id == payment_id).order_by(Booking.starts_at, Booking.id)
    if booking_id:
        wanted = wanted.where(Allocation.booking_id == booking_id)
    return db.session.scalars(
        wanted.options(
            joinedload(Allocation.booking).joinedload(Booking.schedule).joinedload(Schedule.course)
        )
    ).all()


def _line(part: Allocation) -> Line:
    booking = part.booking
    return Line(
        reference=booking.reference,
        course=booking.schedule.course.title,
        starts_at=booking.schedule.starts_at,
        time_zone=booking.schedule.time_zone,
        amount_minor=part.amount_minor,
        vat_minor=_vat_of(booking, part.amount_minor),
    )


def _vat_of(booking: Booking, amount_minor: int) -> int:
    """The tax in a part of the price: in proportion to that of the whole."""
    places = booking.active_attendees or booking.attendees
    total = sum(place.net_minor for place in places)
    return round_half_up(mail_facts.vat_included(places) * amount_minor, total) if total else 0


def _refunded(payment_id: UUID, booking_id: UUID | None) -> list[tuple[str, datetime | None, int]]:
    """Number, instant and amount of what has gone back."""
    wanted = select(Refund).where(Refund.payment_id == payment_id, Refund.status == "succeeded")
    if booking_id:
        wanted = wanted.where(Refund.booking_id == booking_id)
    rows = db.session.scalars(wanted.order_by(Refund.id))
    return [(row.reference, row.succeeded_at, row.amount_minor) for row in rows]
