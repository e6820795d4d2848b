"""Bookings by what a caller says: a name, a company, a telephone number, an address, a reference."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text

from backoffice.database import among, db
from backoffice.domain.text import clean_line, phone_search_digits
from backoffice.models import Booking, Tenant
from backoffice.services.search import possible_references

# More than anybody reads: who finds so many types another word.
MOST_SUBJECTS = 200
MOST_BOOKINGS = 400
_SUBJECTS = text("SELECT subject_type, subject_id FROM search_subjects(:wanted, :kind, :at_most)")
# A range instead of LIKE: row level security lets only comparisons use the index.
_AFTER_ALL = "~"


def find_ids(term: str, tenant: Tenant) -> list[UUID]:
    """The newest bookings that fit: of matching customers and companies, by reference, by contact e-mail."""
    wanted = clean_line(term, field="search", maximum=100)
    if not wanted:
        return []
    fits = or_(*_by_reference(wanted, tenant), *_by_address(wanted), *_of_subjects(wanted, tenant))
    newest = select(Booking.id).where(fits).order_by(Booking.booked_at.desc(), Booking.id.desc())
    return list(db.session.scalars(newest.limit(MOST_BOOKINGS)))


def find_customers(term: str, tenant: Tenant, at_most: int = MOST_SUBJECTS) -> list[UUID]:
    """The ids of people who fit, the best first."""
    return find_subjects(term, tenant, "user", at_most)["user"]


def _by_reference(wanted: str, tenant: Tenant) -> list[Any]:
    exact, beginning = possible_references(wanted, tenant, datetime.now(UTC))
    found: list[Any] = [Booking.reference.in_([wanted.upper(), *exact])]
    return [*found, Booking.reference.between(beginning, beginning + _AFTER_ALL)] if beginning else found


def _by_address(wanted: str) -> list[Any]:
    address = wanted.lower()
    return [Booking.contact_email.between(address, address + _AFTER_ALL)] if "@" in address else []


def _of_subjects(wanted: str, tenant: Tenant) -> list[Any]:
    subjects = find_subjects(wanted, tenant, None, MOST_SUBJECTS)
    pairs = ((Booking.customer_id, subjects["user"]), (Booking.company_id, subjects["company"]))
    return [among(owner, ids) for owner, ids in pairs if ids]


def find_subjects(wanted: str, tenant: Tenant, kind: str | None, at_most: int) -> dict[str, list[UUID]]:
    """The ids of people ("user") and companies ("company") who fit, through the search function."""
    if re.fullmatch(r"[0-9 +()./-]{9,}", wanted):
        wanted = phone_search_digits(wanted, tenant.country) or wanted
    subjects: dict[str, list[UUID]] = {"user": [], "company": []}
    for row in db.session.execute(_SUBJECTS, {"wanted": wanted, "kind": kind, "at_most": at_most}):
        subjects.setdefault(row.subject_type, []).append(row.subject_id)
    return subjects
