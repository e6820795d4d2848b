"""A payer asked the bank for the money: somebody answers the gateway, in its own dashboard, before the days run out."""

from __future__ import annotations

from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.gateway_terms import Dispute
from backoffice.domain.money import format_money
from backoffice.models import Payment
from backoffice.services import audit, ledger, work_items


def note(payment_id: UUID, dispute: Dispute, actor: Actor) -> str:
    """Write a dispute into the payment's history and put an open one before people. Raises NotFound.

    No money is booked for it: a lost one comes as a refund of the gateway's, to be confirmed.
    """
    payment = db.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound("This payment does not exist.")
    state = "open" if dispute.is_open else "closed"
    amount = format_money(dispute.amount_minor, payment.currency)
    sentence = f"{amount} of {payment.reference} is disputed ({dispute.reason}): answer it at the gateway."
    is_new = work_items.add(
        "dispute", payment, sentence, once_key=f"dispute:{payment.id}:{state}:{dispute.reason}"[:160]
    )
    if is_new:
        ledger.add_event(payment.id, f"dispute_{state}", actor, amount_minor=dispute.amount_minor)
        audit.record(actor, f"payment:dispute_{state}", payment, new={"reason": dispute.reason})
    return f"dispute {state}"
