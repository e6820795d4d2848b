"""Open payments are asked about at least every five minutes; one that its gateway keeps silent about is put before people."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from backoffice.database import db
from backoffice.models import Payment, PaymentEvent
from backoffice.services import settling, work_items
from backoffice.services.outbox import ring_after_commit

# How long after its end an attempt may stay without a last word.
PATIENCE = timedelta(minutes=30)


def pull_forward(now: datetime) -> int:
    """Let every open payment be asked about that is not due within five minutes (UTC); how many.

    One that brought other money than was asked for waits for people, not for the gateway.
    """
    handed_over = select(PaymentEvent.id).where(
        PaymentEvent.payment_id == Payment.id, PaymentEvent.kind == "mismatch"
    )
    pulling = (
        update(Payment)
        .where(
            Payment.status.in_(settling.OPEN),
            Payment.gateway_account_id.is_not(None),
            or_(Payment.next_check_at.is_(None), Payment.next_check_at > now + settling.LONGEST_PAUSE),
            ~handed_over.exists(),
        )
        .values(next_check_at=now)
        .returning(Payment.id)
    )
    found = list(db.session.scalars(pulling, execution_options={"synchronize_session": False}))
    for payment_id in found:
        ring_after_commit("payment", payment_id)
    return len(found)


def report_unanswered(now: datetime) -> int:
    """Put before people what should have ended long ago (UTC), while the gateway is asked on; how many are new."""
    silent = select(Payment).where(
        Payment.status.in_(settling.OPEN),
        Payment.gateway_account_id.is_not(None),
        Payment.ends_at < now - PATIENCE,
        Payment.created_at < now - PATIENCE,
    )
    return sum(
        work_items.add(
            "payment_unanswered",
            payment,
            f"{payment.reference} should have ended, and its gateway has not said how: look it up there.",
        )
        for payment in db.session.scalars(silent.order_by(Payment.id).limit(200))
    )
