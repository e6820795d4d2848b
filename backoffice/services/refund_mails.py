"""The mail that says that money went back: how much, which way, and when to expect it. Once for each refund."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import NotFound
from backoffice.domain.money import format_money
from backoffice.models import Payment, Refund
from backoffice.services import messages

TEMPLATE = "refund_made"
# By the method of the payment: how it goes back through its gateway, and how long that takes.
_THROUGH = {
    "stripe": ("to the card you paid with", "Your bank shows it within 5 to 10 working days."),
    "mpesa": ("to your M-Pesa account", "M-Pesa sends you a message when it is there."),
    "flutterwave": ("the way you paid", "It arrives within 3 to 15 working days."),
}
_BY_HAND = {
    "cash": ("by hand", ""),
    "card_terminal": ("to your card", "Your bank shows it within 5 to 10 working days."),
    "bank_transfer": ("by bank transfer", "It arrives within 3 working days."),
}
# What a preview says where nothing was given back yet.
_UNKNOWN = {"reference": "…", "amount": "…", "booking": "…", "way": "the way it came", "when": ""}
_CREDIT = ("as credit", "Use it for your next booking: tell us when you book.")


def tell(refund: Refund, actor: Actor) -> None:
    """Queue the mail to who booked, or to who paid where there is no booking."""
    booking, customer = refund.booking, refund.payment.customer
    messages.queue(
        TEMPLATE,
        recipient=(booking.contact_email if booking else None) or customer.email,
        recipient_name=(booking.contact_name if booking else "") or customer.name,
        booking_id=refund.booking_id,
        user_id=customer.id,
        data={"refund_id": str(refund.id)},
        once_key=f"{TEMPLATE}:{refund.id}",
        actor=actor,
    )


def facts(user_id: UUID | None, refund_id: Any) -> dict[str, str]:
    """What the mail says of a refund; without an id, as a preview, of the latest one. Raises NotFound."""
    found = (
        select(Refund).join(Payment, Payment.id == Refund.payment_id).where(Payment.customer_id == user_id)
    )
    found = found.where(Refund.id == UUID(str(refund_id))) if refund_id else found.order_by(Refund.id.desc())
    refund = db.session.scalars(found.limit(1)).first()
    if refund is None and not refund_id:
        return _UNKNOWN
    if refund is None:
        raise NotFound("The refund this mail is about does not exist.")
    way, when = way_of(refund)
    return {
        "reference": refund.reference,
        "amount": format_money(refund.amount_minor, refund.currency),
        "booking": refund.booking.reference if refund.booking else "",
        "way": way,
        "when": when,
    }


def way_of(refund: Refund) -> tuple[str, str]:
    """How the money goes back and when to expect it, in words for the customer."""
    return say_way(refund.payment.method, refund.route)


def say_way(method: str, route: str) -> tuple[str, str]:
    """The same of a refund that is not made yet: by the method of its payment, and the way that it will go."""
    if route == "credit":
        return _CREDIT
    known = _THROUGH if route == "gateway" else _BY_HAND
    return known.get(method, ("by bank transfer", "It arrives within 3 working days."))
