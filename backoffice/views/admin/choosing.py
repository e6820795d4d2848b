"""Choices out of many rows, as forms of money need them: a customer, a company, a booking, a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Booking, BookingGroup, Company, User
from backoffice.services.bookings import finding
from backoffice.views.admin.forms import SearchLoader
from backoffice.views.requests import current_tenant


def find_customers(term: str, limit: int) -> Sequence[User]:
    ids = finding.find_subjects(term, current_tenant(), "user", limit)["user"]
    return _in_order(User, ids)


def find_companies(term: str, limit: int) -> Sequence[Company]:
    ids = finding.find_subjects(term, current_tenant(), "company", limit)["company"]
    return _in_order(Company, ids)


def find_groups(term: str, limit: int) -> Sequence[BookingGroup]:
    fits = BookingGroup.reference.contains(term.upper(), autoescape=True)
    fits |= BookingGroup.title.icontains(term, autoescape=True)
    return list(
        db.session.scalars(select(BookingGroup).where(fits).order_by(BookingGroup.id.desc()).limit(limit))
    )


def _in_order(model: Any, ids: Sequence[UUID]) -> list[Any]:
    """The rows in the order of their ids: the best find first."""
    found = {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)))}
    return [found[each] for each in ids if each in found]


def say_customer(user: User) -> str:
    return f"{user.name}, {user.email}" if user.email and user.email != user.name else user.name


def say_group(group: BookingGroup) -> str:
    return f"{group.reference}, {group.title}"


CUSTOMERS = SearchLoader("customer", User, find_customers, say_customer)
COMPANIES = SearchLoader("company", Company, find_companies)
GROUPS = SearchLoader("group", BookingGroup, find_groups, say_group)


def due_bookings(*criteria: Any, most: int = 100) -> list[Booking]:
    """Live bookings on which something is due, the earliest date first."""
    owing = (
        Booking.status.in_(("pending", "confirmed", "completed", "no_show")),
        Booking.paid_minor - Booking.refunded_minor < Booking.total_minor,
        *criteria,
    )
    return list(
        db.session.scalars(select(Booking).where(*owing).order_by(Booking.starts_at, Booking.id).limit(most))
    )
