"""Having a gateway asked about a payment at once, because somebody is waiting on the telephone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound, Refused
from backoffice.models import GatewayAccount, GatewayEvent, Payment
from backoffice.services import audit
from backoffice.services.outbox import ring_after_commit
from backoffice.services.settling import OPEN


def can_ask(payment: Payment) -> bool:
    """Whether a gateway may still have something to say about it."""
    return payment.status in OPEN and payment.gateway_account_id is not None


def ask_now(payment_id: UUID, actor: Actor, now: datetime) -> None:
    """Make an open payment due (UTC) and ring for it; its worker asks. Raises Forbidden, NotFound, Refused.

    What forms show does not change, so its version stays.
    """
    actor.require("payment.take")
    payment = db.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("This payment does not exist.")
    if not can_ask(payment):
        raise Refused("not_open", "The gateway has said its last word about this payment.")
    making_due = (
        update(Payment).where(Payment.id == payment_id, Payment.status.in_(OPEN)).values(next_check_at=now)
    )
    db.session.execute(making_due, execution_options={"synchronize_session": False})
    audit.record(actor, "payment:ask", payment)
    ring_after_commit("payment", payment_id)


def told_about(payment_id: UUID, at_most: int = 50) -> list[GatewayEvent]:
    """What the gateway told about a payment, the newest first."""
    wanted = (
        select(GatewayEvent)
        .where(GatewayEvent.payment_id == payment_id)
        .order_by(GatewayEvent.id.desc())
        .limit(at_most)
    )
    return list(db.session.scalars(wanted))


def find_by_number(number: str) -> list[UUID]:
    """Payments by a whole number of theirs at a gateway, each kind through its index."""
    accounts = Payment.gateway_account_id.in_(list(db.session.scalars(select(GatewayAccount.id))))
    numbers = {number, number.upper()}  # a receipt of M-Pesa is capitals, however it is read out
    found: list[UUID] = []
    for criterion in (
        and_(accounts, Payment.gateway_reference.in_(numbers)),
        and_(accounts, Payment.gateway_payment_id.in_(numbers)),
        Payment.gateway_charge_id.in_(numbers),
    ):
        found += db.session.scalars(select(Payment.id).where(criterion).limit(10))
    return found
