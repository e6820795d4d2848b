"""A payer asked the bank for the money: somebody answers the gateway, in its own dashboard, before the days run out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Dispute, RefundStanding
from backoffice.domain.money import format_money
from backoffice.models import Payment, PaymentEvent, WorkItem
from backoffice.models.refund import BY_DISPUTE
from backoffice.services import audit, ledger, refund_standings, work_items


def note(payment_id: UUID, dispute: Dispute, actor: Actor, now: datetime) -> str:
    """Write a dispute into the payment's history and put an open one before people (UTC); a lost one took the money.

    A lost one stands as a refund made at the gateway, to be confirmed. Raises NotFound, and GatewayDelayed where the
    payment is not in yet.
    """
    payment = ledger.lock_payment(payment_id)
    if dispute.is_open:
        return _open(payment, dispute, actor)
    said = _close(payment, dispute, actor)
    if not dispute.is_lost:
        return said
    return f"{said}; {refund_standings.follow(payment_id, _loss(dispute), actor, now)}"


def _loss(dispute: Dispute) -> RefundStanding:
    return RefundStanding(
        "succeeded",
        dispute.amount_minor,
        dispute.currency,
        f"{BY_DISPUTE}{dispute.name}",
        gateway_payment_id=dispute.gateway_payment_id,
    )


def _open(payment: Payment, dispute: Dispute, actor: Actor) -> str:
    if _is_written(payment, dispute, "closed"):
        return "dispute closed before"
    amount = format_money(dispute.amount_minor, payment.currency)
    sentence = f"{amount} of {payment.reference} is disputed ({dispute.reason}): answer it at the gateway."
    work_items.add("dispute", payment, sentence, once_key=_key(payment, dispute))
    _write(payment, dispute, "open", actor)
    return "dispute open"


def _close(payment: Payment, dispute: Dispute, actor: Actor) -> str:
    """There is nothing to answer any more."""
    ending = (
        update(WorkItem)
        .where(WorkItem.once_key == _key(payment, dispute), WorkItem.resolved_at.is_(None))
        .values(resolved_at=func.now())
    )
    db.session.execute(ending, execution_options={"synchronize_session": False})
    _write(payment, dispute, "closed", actor)
    return "dispute closed"


def _key(payment: Payment, dispute: Dispute) -> str:
    return f"dispute:{payment.id}:{dispute.name}"[:160]


def _write(payment: Payment, dispute: Dispute, state: str, actor: Actor) -> None:
    if _is_written(payment, dispute, state):
        return
    kind, named = f"dispute_{state}", {"dispute": dispute.name}
    ledger.add_event(payment.id, kind, actor, amount_minor=dispute.amount_minor, data=named)
    audit.record(actor, f"payment:{kind}", payment, new={"reason": dispute.reason})


def _is_written(payment: Payment, dispute: Dispute, state: str) -> bool:
    known = select(PaymentEvent.id).where(
        PaymentEvent.payment_id == payment.id,
        PaymentEvent.kind == f"dispute_{state}",
        PaymentEvent.data["dispute"].astext == dispute.name,
    )
    return db.session.scalar(known.limit(1)) is not None
