"""Which payment of ours a gateway speaks of, and what the gateway calls payments and customers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.gateway_terms import Pointer, Standing
from backoffice.models import GatewayCustomer, Payment


def find_payment(account_id: UUID, standing: Standing) -> Payment | None:
    """The payment of ours that a gateway speaks of; only one that went through the same account."""
    if standing.payment_id:
        known = db.session.get(Payment, standing.payment_id)
        return known if known and known.gateway_account_id == account_id else None
    for column, value in (
        (Payment.gateway_payment_id, standing.gateway_payment_id),
        (Payment.gateway_reference, standing.gateway_reference),
        (Payment.gateway_charge_id, standing.gateway_charge_id),
        (Payment.reference, standing.reference),
    ):
        if value:
            found = db.session.scalar(
                select(Payment).where(Payment.gateway_account_id == account_id, column == value)
            )
            if found:
                return found
    return None


def pointer(payment: Payment) -> Pointer:
    """The payment as its gateway is asked about it."""
    return Pointer(
        payment_id=payment.id,
        reference=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        started_at=payment.created_at,
        ends_at=payment.ends_at,
        gateway_reference=payment.gateway_reference,
        gateway_payment_id=payment.gateway_payment_id,
        gateway_charge_id=payment.gateway_charge_id,
    )


def keep_customer(payment: Payment, gateway_customer_id: str | None) -> None:
    """Remember what the gateway calls this customer, for the next time."""
    if not gateway_customer_id or payment.gateway_account_id is None:
        return
    values = {
        "tenant_id": payment.tenant_id,
        "id": new_id(),
        "user_id": payment.customer_id,
        "gateway_account_id": payment.gateway_account_id,
        "gateway_customer_id": gateway_customer_id[:100],
    }
    db.session.execute(insert(GatewayCustomer).values(values).on_conflict_do_nothing())


def find_customer(user_id: UUID, account_id: UUID) -> str | None:
    """What the gateway of this account calls a customer of ours, or None."""
    return db.session.scalar(
        select(GatewayCustomer.gateway_customer_id).where(
            GatewayCustomer.user_id == user_id, GatewayCustomer.gateway_account_id == account_id
        )
    )
