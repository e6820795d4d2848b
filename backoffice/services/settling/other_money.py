"""Money that is not the money we asked for: it pays nothing and is put before people."""

from __future__ import annotations

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.gateway_terms import Standing
from backoffice.domain.money import format_money
from backoffice.models import Payment, PaymentEvent
from backoffice.services import audit, ledger, work_items

PAID_TWICE = "not booked: paid a second time"


def find_fault(payment: Payment, standing: Standing) -> str | None:
    """Why this is not the money we asked for, in words; None when it is."""
    if standing.amount_minor is not None and standing.amount_minor != payment.amount_minor:
        came = format_money(standing.amount_minor, payment.currency)
        return f"{came} came instead of {format_money(payment.amount_minor, payment.currency)}"
    if standing.currency is not None and standing.currency.upper() != payment.currency:
        return f"it came in {standing.currency.upper()[:3]} instead of {payment.currency}"
    if standing.reference is not None and standing.reference != payment.reference:
        return "it names another reference"
    # An attempt whose first answer was lost goes by no name of the gateway's yet.
    if payment.gateway_reference and standing.gateway_reference not in (None, payment.gateway_reference):
        return "it belongs to another attempt"
    return None


def report_fault(payment: Payment, standing: Standing, fault: str, actor: Actor) -> None:
    """Put it before people, once, and into the history; its gateway is not asked again."""
    sentence = f"{payment.reference} was not booked as paid: {fault}. Look it up at the gateway."
    key = f"payment_mismatch:{payment.id}:{standing.amount_minor}:{standing.currency}"
    payment.next_check_at = None
    db.session.flush()
    if work_items.add("payment_mismatch", payment, sentence, once_key=key):
        ledger.add_event(payment.id, "mismatch", actor, data={"fault": fault})
        audit.record(actor, "payment:mismatch", payment, new={"fault": fault})


def is_handed_over(payment: Payment) -> bool:
    """Whether other money came for it, was not booked, and waits for people."""
    found = select(PaymentEvent.id).where(
        PaymentEvent.payment_id == payment.id, PaymentEvent.kind == "mismatch"
    )
    return payment.status != "succeeded" and db.session.scalar(found.limit(1)) is not None


def is_second_sum(payment: Payment, standing: Standing) -> bool:
    """Whether a payment that is in was paid once more, under another name of the gateway's."""
    names = (payment.gateway_payment_id, standing.gateway_payment_id)
    return payment.status == "succeeded" and None not in names and names[0] != names[1]


def report_second_sum(payment: Payment, standing: Standing) -> str:
    """Put the second sum before people; what came of it, in words."""
    amount = format_money(standing.amount_minor or payment.amount_minor, payment.currency)
    sentence = (
        f"{payment.reference} was paid a second time: {amount} came as {standing.gateway_payment_id}. "
        "Give it back at the gateway."
    )
    key = f"paid_twice:{payment.id}:{standing.gateway_payment_id}"
    work_items.add("paid_twice", payment, sentence, once_key=key[:160])
    return PAID_TWICE
