"""The lines of a customer's credit. What may be done with it is decided by `credit` and by the taking of bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, new_id
from backoffice.domain.actor import Actor
from backoffice.models import CreditBalance, CreditEntry, Payment, Tenant
from backoffice.services import ledger
from backoffice.tenancy import current_tenant_id

METHOD = "credit"


def balance_minor(customer_id: UUID, currency: str) -> int:
    """What a customer has (minor units)."""
    found = select(CreditBalance.balance_minor).where(
        CreditBalance.customer_id == customer_id, CreditBalance.currency == currency
    )
    return db.session.scalar(found) or 0


def pay(
    booking_id: UUID,
    amount_minor: int,
    actor: Actor,
    now: datetime,
    *,
    customer_id: UUID,
    company_id: UUID | None,
    currency: str,
    key: str | None = None,
) -> UUID:
    """Let a customer's credit pay so much (minor units) of a booking; returns the payment's id.

    The database keeps the balance at 0 or above: not_covered when somebody was quicker.
    """
    values = ledger.payment_values(
        db.session.get_one(Tenant, current_tenant_id()),
        now,
        customer_id=customer_id,
        company_id=company_id,
        currency=currency,
        method=METHOD,
        amount_minor=amount_minor,
        paid_at=now,
        taken_by_id=actor.user_id if actor.kind == "user" else None,
        idempotency_key=key,
    )
    add_rows(Payment, values)
    ledger.allocate(values["id"], booking_id, amount_minor)
    ledger.add_event(values["id"], "taken", actor, new_status="succeeded", amount_minor=amount_minor)
    about = {"kind": "used", "payment_id": values["id"], "booking_id": booking_id, "reason": ""}
    add(customer_id, currency, -amount_minor, actor, **about)
    return values["id"]


def add(customer_id: UUID, currency: str, amount_minor: int, actor: Actor, **about: Any) -> None:
    """One line (minor units); its trigger takes the balance's row, so it comes late in a transaction."""
    values = {
        "tenant_id": current_tenant_id(),
        "id": new_id(),
        "customer_id": customer_id,
        "currency": currency,
        "amount_minor": amount_minor,
        "made_by_id": actor.user_id,
    }
    add_rows(CreditEntry, values | about)
