"""Finding people, companies and bookings by what somebody types: a name, a number, an address, a reference."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, text

from backoffice.database import db
from backoffice.domain.errors import Invalid
from backoffice.domain.permissions import ROLE_LABELS
from backoffice.domain.text import clean_line, phone_search_digits, say_phone
from backoffice.domain.times import say_date, to_local
from backoffice.models import Booking, Certificate, Company, Course, Schedule, Tenant, User
from backoffice.services.references import INFIX

LONGEST = 200
SHORTEST = 2
_REFERENCE = re.compile(r"(?:([A-Za-z]{2,6})-?)?(?:(20[0-9]{2})-)?([0-9]{0,8})")
_SEARCH = text("SELECT subject_type, subject_id, is_near FROM search_subjects(:wanted, :kind, :at_most)")


@dataclass(frozen=True)
class Found:
    """One hit: `kind` is user, company, booking or certificate; `person_id` is whom a booking belongs to.

    `is_near`: nothing is spelt like this, but this is one slip of the finger away.
    """

    kind: str
    id: UUID
    title: str
    detail: tuple[str, ...] = ()
    person_id: UUID | None = None
    is_near: bool = False
    status: str = ""


def clean_wanted(typed: object) -> str:
    """What to look for; "" for text that nobody's record can hold."""
    try:
        return clean_line(typed, field="q", maximum=LONGEST)
    except Invalid:
        return ""


def find(typed: str, tenant: Tenant, *, kind: str | None = None, at_most: int = 10) -> list[Found]:
    """Bookings by reference first, then people and companies, the best first; nothing for less than two characters."""
    wanted = clean_wanted(typed)
    if len(wanted) < SHORTEST:
        return []
    bookings = find_bookings(wanted, tenant) if kind in (None, "booking") else []
    if kind == "booking":
        return bookings
    return (bookings + find_subjects(wanted, tenant, kind=kind, at_most=at_most))[:at_most]


def find_subjects(wanted: str, tenant: Tenant, *, kind: str | None = None, at_most: int = 10) -> list[Found]:
    """People and companies, in the order that the database found them. `kind`: user, company, or both."""
    asked = {"wanted": _as_searched(wanted, tenant.country), "kind": kind, "at_most": at_most}
    hits = db.session.execute(_SEARCH, asked).all()
    people = _people((hit.subject_id for hit in hits if hit.subject_type == "user"), tenant.country)
    companies = _companies(hit.subject_id for hit in hits if hit.subject_type == "company")
    rows = people | companies
    return [_near(rows[hit.subject_id], hit.is_near) for hit in hits if hit.subject_id in rows]


def find_bookings(wanted: str, tenant: Tenant, *, at_most: int = 5) -> list[Found]:
    """Bookings whose reference is, or begins with, what was typed; "42" is this or last year's number 42."""
    exact, beginning = possible_references(wanted, tenant, datetime.now(UTC))
    if not exact and not beginning:
        return []
    # A range instead of LIKE: row level security lets only comparisons use the index.
    begins = Booking.reference.between(beginning, f"{beginning}~") if beginning else None
    rows = db.session.execute(
        select(
            Booking.id,
            Booking.reference,
            Booking.status,
            Booking.customer_id,
            Booking.contact_first_name,
            Booking.contact_last_name,
            Course.title,
            Schedule.starts_at,
            Schedule.time_zone,
        )
        .join(Schedule, Schedule.id == Booking.schedule_id)
        .join(Course, Course.id == Schedule.course_id)
        .where(
            or_(Booking.reference.in_(exact), begins) if begins is not None else Booking.reference.in_(exact)
        )
        .order_by(Booking.reference.desc())
        .limit(at_most)
    )
    return [_booking(row) for row in rows]


def possible_references(wanted: str, tenant: Tenant, now: datetime) -> tuple[list[str], str | None]:
    """The references that the text may mean, and what they begin with while one is still being typed."""
    match = _REFERENCE.fullmatch(wanted.replace(" ", ""))
    if match is None:
        return [], None
    prefix, year, number = match.groups()
    if prefix and prefix.upper() != tenant.reference_prefix:
        return [], None
    beginning = None
    if prefix and year:
        beginning = f"{tenant.reference_prefix}-{year}-{number}"
    if not number or len(number) > 6:
        return [], beginning
    this_year = now.astimezone(ZoneInfo(tenant.time_zone)).year
    years = (year,) if year else (str(this_year), str(this_year - 1))
    return [f"{tenant.reference_prefix}-{each}-{number.lstrip('0').zfill(4)}" for each in years], beginning


def possible_certificates(wanted: str, tenant: Tenant) -> list[Any]:
    """Conditions for certificates whose number is, or begins with, what was typed; none for what is no number of one."""
    typed = "".join(clean_wanted(wanted).split()).upper()
    prefix = f"{tenant.reference_prefix}{INFIX['certificate']}"
    bare = re.fullmatch(r"C-?(20[0-9]{2})-?([0-9]{1,8})", typed)
    if bare:
        typed = f"{prefix}-{bare[1]}-{bare[2].zfill(4)}"
    return [Certificate.number.between(typed, f"{typed}~")] if typed.startswith(prefix) else []


def find_certificates(wanted: str, tenant: Tenant, *, at_most: int = 5) -> list[Found]:
    """Certificates whose number is, or begins with, what was typed."""
    conditions = possible_certificates(wanted, tenant)
    if not conditions:
        return []
    rows = db.session.scalars(
        select(Certificate).where(*conditions).order_by(Certificate.number).limit(at_most)
    )
    return [
        Found("certificate", row.id, row.number, (row.holder, row.course_title), status=row.status)
        for row in rows
    ]


def find_certificate(typed: str, tenant: Tenant) -> UUID | None:
    """The one certificate with exactly this number, in any case."""
    wanted = clean_wanted(typed).upper()
    return db.session.scalar(select(Certificate.id).where(Certificate.number == wanted)) if wanted else None


def find_by_reference(typed: str, tenant: Tenant) -> UUID | None:
    """The one booking with exactly this reference, in any case."""
    wanted = clean_wanted(typed).upper()
    if not wanted.startswith(tenant.reference_prefix):
        return None
    return db.session.scalar(select(Booking.id).where(Booking.reference == wanted))


def _as_searched(wanted: str, country: str) -> str:
    """A telephone number as its bare digits, so that every way of writing it finds the same person."""
    if re.fullmatch(r"[0-9 +()./-]+", wanted) and len(re.sub(r"[^0-9]", "", wanted)) >= 9:
        return phone_search_digits(wanted, country)
    return wanted


def _people(ids: Iterable[UUID], country: str) -> dict[UUID, Found]:
    wanted = list(ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(User.id, User.first_name, User.last_name, User.email, User.phone, Company.name, User.role)
        .outerjoin(Company, Company.id == User.company_id)
        .where(User.id.in_(wanted), User.archived_at.is_(None))
    )
    return {row.id: _person(row, country) for row in rows}


def _person(row: Any, country: str) -> Found:
    name = f"{row.first_name} {row.last_name}".strip()
    details = (row.name, say_phone(row.phone, country), row.email)
    title = name or row.email or "No name"
    shown = tuple(each for each in details if each and each != title)
    if row.role != "customer":
        shown += (ROLE_LABELS[row.role],)
    return Found("user", row.id, title, shown, person_id=row.id)


def _companies(ids: Iterable[UUID]) -> dict[UUID, Found]:
    wanted = list(ids)
    if not wanted:
        return {}
    people = (
        select(func.count())
        .where(User.company_id == Company.id, User.archived_at.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Company.id, Company.name, Company.has_terms, people.label("people")).where(
            Company.id.in_(wanted), Company.archived_at.is_(None)
        )
    )
    return {row.id: _company(row) for row in rows}


def _company(row: Any) -> Found:
    people = f"{row.people} {'person' if row.people == 1 else 'people'}"
    return Found(
        "company", row.id, row.name, ("Company", people, *(["account terms"] if row.has_terms else []))
    )


def _booking(row: Any) -> Found:
    day = to_local(row.starts_at, row.time_zone).date()
    contact = f"{row.contact_first_name} {row.contact_last_name}".strip()
    details = (contact, row.title, say_date(day))
    return Found("booking", row.id, row.reference, details, row.customer_id, status=row.status)


def _near(found: Found, is_near: bool) -> Found:
    return replace(found, is_near=is_near)
