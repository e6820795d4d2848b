"""What somebody from outside may not decide by what they send: whose record, company and terms a booking is of.

At the desk a clerk knows who calls. On the web anybody can type a company's name, or send an id.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Forbidden, Refused
from backoffice.models import Booking, Company, User
from backoffice.services.bookings.order import Order
from backoffice.services.customers import CustomerIn

# Money that a clerk holds in the hand, and money that nobody has seen.
METHODS = frozenset({"payment_link", "bank_transfer", "credit", "free"})
NOT_YOURS = "This is not yours to book with: sign in, or call us."


def is_outside(actor: Actor) -> bool:
    """Whether it is somebody without the right to place bookings: a visitor, a customer, a program of neither."""
    return not actor.may("booking.place")


def check(order: Order, actor: Actor) -> None:
    """Refuse an order that goes further than its sender has proved. Raises Forbidden; Refused (no_terms)."""
    if not is_outside(actor):
        return
    if order.payment_method not in METHODS:
        raise Refused(
            "no_terms",
            "Account terms are agreed with our office: choose another way to pay, or call us.",
            field="payment_method",
        )
    if order.override_reason or order.agreed_minor is not None:
        raise Forbidden("Exceptions are agreed with our office: please call us.")
    claimed = (order.customer.user_id, order.customer.company_id, order.booking_group_id)
    if not any(claimed) or (order.instead_of and claimed == _of_booking(order.instead_of)):
        return
    user_id, company_id, group_id = claimed
    is_own = user_id in (None, actor.user_id) and company_id in (None, _company_of(actor))
    if group_id or not is_own:
        raise Forbidden(NOT_YOURS)


def with_company(customer: CustomerIn, actor: Actor) -> tuple[CustomerIn, str | None]:
    """The company that a customer from outside names, if it is their own; otherwise its name, for staff to look at.

    No record is found or made by a name alone: it could be given terms later, with a stranger in it.
    """
    name = customer.company_name
    if not name or customer.company_id:
        return replace(customer, company_name=None), None
    own = _company_of(actor)
    is_own = select(Company.id).where(
        Company.id == own, func.lower(Company.name) == name.lower(), Company.archived_at.is_(None)
    )
    if own and db.session.scalar(is_own):
        return replace(customer, company_id=own), None
    return replace(customer, company_name=None), name


def _company_of(actor: Actor) -> UUID | None:
    """Where the office has written down that this customer works; None for whoever is not signed in."""
    if actor.kind != "customer" or actor.user_id is None:
        return None
    return db.session.scalar(select(User.company_id).where(User.id == actor.user_id))


def _of_booking(booking_id: UUID) -> tuple[UUID | None, UUID | None, UUID | None]:
    wanted = select(Booking.customer_id, Booking.company_id, Booking.booking_group_id)
    found = db.session.execute(wanted.where(Booking.id == booking_id)).first()
    return (found[0], found[1], found[2]) if found else (None, None, None)
