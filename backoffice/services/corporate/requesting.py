"""A company asks for a course of its own: on the public page, or on the telephone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import db, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, clean_email, clean_line, clean_phone, refuse_card_number
from backoffice.domain.times import parse_date, to_local
from backoffice.models import CorporateRequest, Course, Tenant
from backoffice.models.corporate_request import MOST_DAYS, MOST_PEOPLE
from backoffice.services import audit
from backoffice.services.corporate import mails
from backoffice.services.references import REFERENCE, reference_parts
from backoffice.tenancy import current_tenant_id

FURTHEST = timedelta(days=3 * 366)


@dataclass(frozen=True)
class RequestIn:
    """What is asked for, as typed. `preferred_dates` are local days as people write them.

    `course` is the slug of a published course; staff choose any one by `course_id`.
    """

    company_name: str | None = None
    contact_person: str | None = None
    email: str | None = None
    phone: str | None = None
    topic: str | None = None
    course: str | None = None
    course_id: UUID | None = None
    preferred_dates: Sequence[str] = ()
    preferred_time: str | None = None
    location: str | None = None
    headcount: str | int | None = None
    notes: str | None = None
    source: str = "web"
    once_key: str | None = None


@dataclass(frozen=True)
class Submitted:
    """The request that was made; `is_repeat`: the same form was sent before, and nothing was made."""

    id: UUID
    reference: str
    is_repeat: bool = False


def submit(wanted: RequestIn, actor: Actor, now: datetime | None = None) -> Submitted:
    """Write the request down and promise the mails to the company and to the provider.

    Raises Invalid with every field that cannot be used, Forbidden for staff without the right.
    """
    if actor.kind == "user":
        actor.require("corporate.edit")
    now = now or datetime.now(UTC)
    tenant = db.session.get_one(Tenant, current_tenant_id())
    cleaned = clean(wanted, tenant, now)
    made = _insert(cleaned, tenant, now)
    if made is None:
        return _repeated(cleaned["once_key"])
    shown = {name: cleaned[name] for name in ("company_name", "topic", "headcount", "source")}
    audit.record_about(
        actor, "corporate_request:submit", "corporate_requests", made.id, label=made.reference, new=shown
    )
    request = db.session.get_one(CorporateRequest, made.id)
    mails.tell_company(mails.RECEIVED, request, actor)
    if wanted.source == "web":
        mails.tell_provider("company_request_new", request, actor)
    return made


def _insert(cleaned: dict[str, Any], tenant: Tenant, now: datetime) -> Submitted | None:
    """None when the form was sent before; two at once come one after the other."""
    values = cleaned | {"tenant_id": tenant.id, "id": new_id(), "currency": tenant.currency}
    statement = (
        insert(CorporateRequest)
        .values(**values, reference=REFERENCE)
        .on_conflict_do_nothing(index_elements=["tenant_id", "once_key"])
        .returning(CorporateRequest.id, CorporateRequest.reference)
    )
    row = db.session.execute(statement, reference_parts("request", tenant, now)).first()
    return Submitted(row.id, row.reference) if row else None


def _repeated(once_key: str) -> Submitted:
    row = db.session.execute(
        select(CorporateRequest.id, CorporateRequest.reference).where(CorporateRequest.once_key == once_key)
    ).one()
    return Submitted(row.id, row.reference, is_repeat=True)


def check(wanted: RequestIn) -> None:
    """Raise Invalid, with every field, for what `submit` would not take."""
    clean(wanted, db.session.get_one(Tenant, current_tenant_id()), datetime.now(UTC))


def clean(wanted: RequestIn, tenant: Tenant, now: datetime, known_days: Sequence[str] = ()) -> dict[str, Any]:
    """The columns of a request, every text checked and bounded. Raises Invalid with all that is wrong.

    `known_days` were taken before: they may have passed since.
    """
    today = to_local(now, tenant.time_zone).date()
    readers: dict[str, Callable[[], Any]] = {
        "company_name": lambda: _line(wanted.company_name, "company_name", 200, 2),
        "contact_person": lambda: _line(wanted.contact_person, "contact_person", 200, 1),
        "email": lambda: _email(wanted.email),
        "phone": lambda: _phone(wanted.phone, tenant.country),
        "topic": lambda: _line(wanted.topic, "topic", 500, 2),
        "course": lambda: wanted.course_id or _course_id(wanted.course),
        "preferred_dates": lambda: _days(wanted.preferred_dates, today, known_days),
        "preferred_time": lambda: _line(wanted.preferred_time, "preferred_time", 100) or None,
        "location": lambda: _line(wanted.location, "location", 300) or None,
        "headcount": lambda: _headcount(wanted.headcount),
        "notes": lambda: _notes(wanted.notes),
    }
    cleaned, problems = _read(readers)
    if problems:
        raise Invalid.of(problems)
    cleaned["course_id"] = cleaned.pop("course")
    key = clean_line(wanted.once_key, field="once_key", maximum=80) or None
    return cleaned | {"source": wanted.source, "once_key": key}


def _read(readers: dict[str, Callable[[], Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """What can be used, and a sentence for each field that cannot."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, read in readers.items():
        try:
            values[name] = read()
        except Invalid as error:
            problems[name] = error.message
    return values, problems


# What is said of a field that must not be empty.
_NEEDED = {
    "company_name": "Write the name of the company.",
    "contact_person": "Write who asks.",
    "topic": "Write what the course is about.",
}


def _line(text: str | None, field: str, most: int, least: int = 0) -> str:
    line = clean_line(text, field=field, maximum=most)
    refuse_card_number(line, field=field)
    if least and not line:
        raise Invalid("required", _NEEDED[field], field=field)
    if len(line) < least:
        raise Invalid("too_short", f"Write at least {least} letters.", field=field)
    return line


def _notes(text: str | None) -> str | None:
    notes = clean_block(text, field="notes", maximum=5000)
    refuse_card_number(notes, field="notes")
    return notes or None


def _email(text: str | None) -> str:
    email = clean_email(text)
    if email is None:
        raise Invalid("required", "Write the e-mail address that the answer goes to.", field="email")
    return email


def _phone(text: str | None, country: str) -> str:
    phone = clean_phone(text, country)
    if phone is None:
        raise Invalid("required", "Write a telephone number: a call settles the day fastest.", field="phone")
    return phone


def _course_id(slug: str | None) -> UUID | None:
    """A published course by its slug; None for none. Raises Invalid."""
    wanted = clean_line(slug, field="course", maximum=200)
    if not wanted:
        return None
    course_id = find_course(wanted)
    if course_id is None:
        raise Invalid("unknown_course", "Choose a course of the list.", field="course")
    return course_id


def find_course(slug: str) -> UUID | None:
    """The published course of a slug, or None."""
    return db.session.scalar(
        select(Course.id).where(Course.slug == slug, Course.is_published, Course.archived_at.is_(None))
    )


def list_courses() -> list[tuple[str, str]]:
    """(slug, title) of the courses that a company may ask for."""
    rows = db.session.execute(
        select(Course.slug, Course.title)
        .where(Course.is_published, Course.archived_at.is_(None))
        .order_by(Course.title)
    )
    return [(row.slug, row.title) for row in rows]


def _days(texts: Sequence[str], today: date, known: Sequence[str]) -> list[str]:
    """The days in ISO form, without repeats, in the order of preference. Raises Invalid."""
    typed = [text for text in texts if text and text.strip()]
    if len(typed) > MOST_DAYS:
        raise Invalid("too_many", f"Name at most {MOST_DAYS} days.", field="preferred_dates")
    days = [parse_date(text, field="preferred_dates") for text in typed]
    for day in days:
        if day < today and day.isoformat() not in known:
            raise Invalid(
                "in_the_past", "One of the days has passed: choose days to come.", field="preferred_dates"
            )
        if day > today + FURTHEST:
            raise Invalid(
                "too_far", "One of the days is too far away: choose nearer ones.", field="preferred_dates"
            )
    return [day.isoformat() for day in dict.fromkeys(days)]


def _headcount(given: str | int | None) -> int | None:
    """How many people, 1 to 1,000; None for nobody knows yet. Raises Invalid."""
    if given is None or given == "":
        return None
    text = str(given).strip() if not isinstance(given, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MOST_PEOPLE):
        raise Invalid("headcount", f"Enter a number from 1 to {MOST_PEOPLE:,}.", field="headcount")
    return int(text)
