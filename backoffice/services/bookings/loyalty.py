"""A returning customer's discount: who is known for certain, and how many courses they have been on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.booking_rules import RuleTerms
from backoffice.models import Booking


def proved(customer_id: UUID | None, actor: Actor) -> UUID | None:
    """The customer whose past counts: the caller whom staff chose, or whoever is signed in as that customer.

    An e-mail address that somebody typed proves nothing: a stranger's past would show in the price (F13).
    """
    if customer_id is None:
        return None
    is_known = actor.kind == "user" or (actor.kind == "customer" and actor.user_id == customer_id)
    return customer_id if is_known else None


def past_courses(rules: Iterable[RuleTerms], customer_id: UUID | None) -> int | None:
    """How many bookings a proved customer has completed; None for nobody known, or where no rule asks."""
    if customer_id is None or all(rule.minimum_past_courses is None for rule in rules):
        return None
    completed = select(func.count()).where(Booking.customer_id == customer_id, Booking.status == "completed")
    return db.session.scalars(completed).one()
