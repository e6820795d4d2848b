"""What the mails about expiring certificates say, and whether they are still true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select, text

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.times import say_date, to_local
from backoffice.models import Booking, Certificate, Company, Course, Message, Tenant
from backoffice.services import site_look
from backoffice.services.certificates import links
from backoffice.services.certificates.renewal import NextStep, next_step, renewed_sql
from backoffice.services.reminders.expiry_sql import DIGEST_DAYS, DIGEST_MAIL, HOLDER_MAIL

TEMPLATES: Final = frozenset({HOLDER_MAIL, DIGEST_MAIL})
MOST_HOLDERS: Final = 100
RENEWED: Final = (
    "Not sent: the certificate was renewed, or the next course booked, before this mail went out."
)
ENDED: Final = "Not sent: the certificate is not valid any more."
NOBODY: Final = "Not sent: nobody's certificate was left to renew when this mail was to go out."


@dataclass(frozen=True)
class Holder:
    """One certificate as the mails tell of it; `next_course` is its title."""

    name: str
    course: str
    number: str
    expires: str
    check_url: str
    next_course: str


@dataclass(frozen=True)
class Next:
    """What to book: the course, its next dates in words, and where: its public page, else an address that starts a mail
    to us ("" without one)."""

    course: str
    is_requalification: bool
    dates: list[str]
    link: str
    is_page: bool


def facts(
    booking: Booking, data: dict[str, Any], tenant: Tenant, base_url: str, template: str
) -> dict[str, Any]:
    """For the holder of one certificate, or for the employer of several. Raises NotFound."""
    now = datetime.now(UTC)
    found = _of_company(_company_id(booking, data), now) if template == DIGEST_MAIL else [_one(booking, data)]
    if not found and not data:
        found = [_specimen(booking)]
    steps = {each.id: next_step(each, tenant, now) for each in found}
    by_course = {step.course.id: step for step in steps.values()}
    company = db.session.get(Company, booking.company_id) if booking.company_id else None
    return {
        "holders": [_holder(each, steps[each.id], base_url) for each in found],
        "next_courses": [_next(step, tenant, base_url) for step in by_course.values()],
        "company": company.name if company else "",
        "is_own": bool(data.get("is_own", True)),
    }


def _one(booking: Booking, data: dict[str, Any]) -> Certificate:
    """The certificate that is named; for a preview, which names none, the booking's latest or a specimen."""
    wanted = select(Certificate).order_by(Certificate.created_at.desc(), Certificate.id.desc()).limit(1)
    named = data.get("certificate_id")
    which = Certificate.id == UUID(str(named)) if named else Certificate.booking_id == booking.id
    found = db.session.scalar(wanted.where(which))
    if found is None and named is None:
        return _specimen(booking)
    if found is None:
        raise NotFound("The certificate this mail is about does not exist.")
    return found


def _specimen(booking: Booking) -> Certificate:
    """Made up for a preview, and never stored."""
    course = booking.schedule.course
    last = booking.schedule.starts_at.date() + timedelta(days=365 * (course.certificate_years or 3))
    names = {"holder_first_name": "Sam", "holder_last_name": "Specimen", "code": "SPECIMEN"}
    return Certificate(
        number="SPECIMEN-0001", course=course, course_title=course.title, expires_on=last, **names
    )


def _company_id(booking: Booking, data: dict[str, Any]) -> UUID | None:
    return UUID(str(data["company_id"])) if "company_id" in data else booking.company_id


def _of_company(company_id: UUID | None, now: datetime) -> list[Certificate]:
    """Its people's certificates that end within the next months and are not renewed, the first to end first."""
    today = now.date()
    wanted = (
        select(Certificate)
        .join(Booking, Booking.id == Certificate.booking_id)
        .where(
            Booking.company_id == company_id,
            Certificate.status == "valid",
            Certificate.expires_on.between(today, today + timedelta(days=DIGEST_DAYS)),
            text(f"NOT {renewed_sql('certificates', ':now')}").bindparams(now=now),
        )
        .order_by(Certificate.expires_on, Certificate.holder_last_name, Certificate.id)
    )
    return list(db.session.scalars(wanted.limit(MOST_HOLDERS)))


def _holder(certificate: Certificate, step: NextStep, base_url: str) -> Holder:
    return Holder(
        certificate.holder,
        certificate.course_title,
        certificate.number,
        say_date(certificate.expires_on) if certificate.expires_on else "",
        links.check_url(certificate.code, base_url),
        step.course.title,
    )


def _next(step: NextStep, tenant: Tenant, base_url: str) -> Next:
    dates = [", ".join(part for part in (each.when, each.town or each.venue) if part) for each in step.dates]
    page = course_page(step.course, base_url)
    link = page or _mail_to(step.course, tenant)
    return Next(step.course.title, step.is_requalification, dates, link, bool(page))


def course_page(course: Course, base_url: str) -> str:
    """Where everybody books the course: its public page; "" while it has none or the site is not open."""
    is_shown = course.is_published and course.archived_at is None and site_look.of_tenant().is_published
    return f"{base_url}/course/{course.slug}" if is_shown else ""


def _mail_to(course: Course, tenant: Tenant) -> str:
    """A mail to the office, begun for them; "" where it has no address."""
    return f"mailto:{tenant.email}?subject={quote(f'Please book: {course.title}')}" if tenant.email else ""


def why_unwanted(message: Message) -> str | None:
    """A sentence when nobody is left to be told; None for every other mail."""
    if message.template == DIGEST_MAIL:
        left = _of_company(UUID(str(message.data["company_id"])), datetime.now(UTC))
        return None if left else NOBODY
    if message.template != HOLDER_MAIL:
        return None
    condition = text(f"{renewed_sql('certificates', ':now')} AS renewed").bindparams(now=datetime.now(UTC))
    row = db.session.execute(
        select(Certificate.status, condition).where(Certificate.id == UUID(message.data["certificate_id"]))
    ).first()
    if row is None or row.status != "valid":
        return ENDED
    return RENEWED if row[1] else None


def days_left(certificate: Certificate, tenant: Tenant, now: datetime) -> int | None:
    """Days until the certificate ends, by the provider's calendar; None for one without end."""
    if certificate.expires_on is None:
        return None
    return (certificate.expires_on - to_local(now, tenant.time_zone).date()).days
