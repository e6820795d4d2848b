"""Short ways to a payment through a gateway: asked for, paid, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Standing, Started
from backoffice.models import Booking, GatewayAccount, GatewayEvent, Payment, PaymentEvent, WorkItem
from backoffice.services import collecting, settling
from backoffice.services.collecting import Wish
from tests import factories
from tests.services.booked import done, placed

STRIPE = Actor("system", name="Stripe")


def account_of(gateway: str = "stripe") -> GatewayAccount:
    """The account in use, made when there is none."""
    wanted = select(GatewayAccount).where(GatewayAccount.gateway == gateway, GatewayAccount.is_in_use)
    return db.session.scalar(wanted) or factories.make_gateway_account(gateway)


def started(booking: Booking | None = None, *, gateway: str = "stripe", **wish: Any) -> Payment:
    """A pending payment for a new booking of 75.00, which its gateway knows by "cs_<id>"."""
    account_of(gateway)
    booking = booking or placed()
    asked = Wish(gateway, (booking.id,), **wish)
    attempt = done(lambda: collecting.prepare(asked, factories.actor("office"), datetime.now(UTC)))
    known = Started(f"cs_{attempt.payment_id}", "https://pay.example/1")
    done(lambda: collecting.note_started(attempt.payment_id, known))
    return fresh_payment(attempt.payment_id)


def fresh_payment(payment_id: UUID) -> Payment:
    db.session.expire_all()
    return db.session.get_one(Payment, payment_id)


def booking_of(payment: Payment) -> Booking:
    db.session.expire_all()
    return payment.allocations[0].booking


def word(payment: Payment, status: str = "succeeded", **more: Any) -> Standing:
    """The gateway's word about a payment: the same money, unless told otherwise."""
    values: dict[str, Any] = {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "payment_id": payment.id,
        "reference": payment.reference,
        "gateway_reference": payment.gateway_reference,
        "gateway_payment_id": f"pi_{payment.id}" if status == "succeeded" else None,
    }
    return Standing(status, **values | more)


def settled(payment: Payment, status: str = "succeeded", **more: Any) -> str:
    standing = word(payment, status, **more)
    return done(lambda: settling.settle(payment.id, standing, STRIPE, datetime.now(UTC)))


def items() -> list[str]:
    """The kinds of work that wait for somebody, in order."""
    return list(db.session.scalars(select(WorkItem.kind).order_by(WorkItem.created_at, WorkItem.id)))


def history(payment: Payment) -> list[str]:
    found = select(PaymentEvent.kind).where(PaymentEvent.payment_id == payment.id).order_by(PaymentEvent.id)
    return list(db.session.scalars(found))


def outcomes() -> list[str | None]:
    return list(db.session.scalars(select(GatewayEvent.outcome).order_by(GatewayEvent.id)))
