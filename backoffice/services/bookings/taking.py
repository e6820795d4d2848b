"""The money that comes with a booking as it is taken: the caller's credit first, then what the clerk takes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backoffice.database import Together
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Invalid
from backoffice.domain.money import format_money
from backoffice.models import Tenant
from backoffice.services import credit_lines, ledger
from backoffice.services.bookings.order import Order

BY_CREDIT = "credit"


def usable_credit(order: Order, total_minor: int, currency: str, actor: Actor) -> int:
    """What credit pays of a booking (minor units): the whole by its method, a part beside another one.

    The amount must be the one that was shown: the rest is what the clerk takes. Raises Forbidden, Invalid (not_covered).
    """
    is_whole = order.payment_method == BY_CREDIT
    wanted = total_minor if is_whole else order.credit_minor
    if not wanted:
        return 0
    field = "payment_method" if is_whole else "credit_minor"
    _check_owner(order, actor, field)
    has = credit_lines.balance_minor(order.customer.user_id, currency) if order.customer.user_id else 0
    if wanted > has:
        sentence = f"The caller's credit is {format_money(has, currency)} now: choose how the rest is paid."
        raise Invalid("not_covered", sentence, field=field)
    if wanted < 0 or wanted > total_minor or (wanted == total_minor and not is_whole):
        raise Invalid(
            "credit_changed", "The price or the credit has changed: look at the sum again.", field=field
        )
    return wanted


def _check_owner(order: Order, actor: Actor, field: str) -> None:
    """Staff who may take a payment, for a caller on record; or the customer whose credit it is."""
    if actor.kind != "user":
        raise Forbidden("Credit is used at the desk, or on the page that the customer pays on.")
    actor.require("payment.take")
    if order.customer.user_id is None:
        raise Invalid("customer", "Choose the caller whose credit it is.", field=field)


def take_by_hand(
    rows: Together,
    booking_id: UUID,
    order: Order,
    amount_minor: int,
    tenant: Tenant,
    actor: Actor,
    now: datetime,
) -> None:
    """Add the payment that the clerk takes (minor units) to the rows of a new booking; nothing for 0."""
    if not amount_minor:
        return
    ledger.take_with_booking(
        rows,
        booking_id,
        amount_minor,
        tenant,
        actor,
        now,
        method=order.payment_method,
        customer_id=order.customer.user_id,
        company_id=order.customer.company_id,
        payer_reference=order.payer_reference,
    )


def take_credit(booking_id: UUID, order: Order, currency: str, actor: Actor, now: datetime) -> None:
    """Let the caller's credit pay its part. It takes the balance's row: the last thing of a booking."""
    if not order.credit_minor or not order.customer.user_id:
        return
    credit_lines.pay(
        booking_id,
        order.credit_minor,
        actor,
        now,
        customer_id=order.customer.user_id,
        company_id=order.customer.company_id,
        currency=currency,
    )
