"""What the desk's form says, from JSON or from a plain form, as the services take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import request

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid, NotFound
from backoffice.domain.text import clean_line
from backoffice.domain.times import local_to_utc, parse_date
from backoffice.models import Schedule, Tenant
from backoffice.services import customers
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.bookings.placing import clean_attendee
from backoffice.services.customers import CustomerIn

MOST_PLACES = 200
LONGEST_AMOUNT = 12


@dataclass(frozen=True)
class Wish:
    """As much of an order as a quote needs."""

    schedule_id: UUID
    places: int
    discount_code: str | None
    customer_id: UUID | None
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of_request(cls) -> Wish:
        """Raises Invalid with the field."""
        data = sent()
        names = [(text(each, "first_name"), text(each, "last_name")) for each in people(data)]
        return cls(
            schedule_id=needed_id(data, "schedule_id", "Choose a date."),
            places=places(data),
            discount_code=text(data, "discount_code") or None,
            customer_id=an_id(data, "customer_id"),
            names=tuple((first, last) for first, last in names if first or last),
        )


def sent() -> dict[str, Any]:
    """The body: a JSON object, or a form whose "attendees-0-first_name" become a list. Raises Invalid."""
    if request.mimetype == "application/json":
        data = request.get_json(silent=True)
        if not isinstance(data, dict):
            raise Invalid("body", "The request is not a JSON object.")
        return data
    data = {name: value for name, value in request.form.items() if not name.startswith("attendees-")}
    return data | {"attendees": _rows(request.form)}


def _rows(form: Mapping[str, str]) -> list[dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        head, _, rest = name.partition("-")
        number, _, field = rest.partition("-")
        is_row = head == "attendees" and number.isdecimal() and len(number) <= len(str(MOST_PLACES))
        if is_row and int(number) < MOST_PLACES and field:
            rows.setdefault(int(number), {})[field] = value
    return [rows.get(number, {}) for number in range(max(rows) + 1)] if rows else []


def order_of(data: Mapping[str, Any], tenant: Tenant) -> Order:
    """The order as it was filled in; what it may not say (price, status) is not read. Raises Invalid."""
    schedule_id = needed_id(data, "schedule_id", "Choose a date.")
    count = places(data)
    return Order(
        schedule_id=schedule_id,
        places=count,
        customer=_customer(data, tenant),
        payment_method=text(data, "payment_method"),
        attendees=_attendees(data, count, tenant),
        source="phone",
        hold_until=_hold_until(data, schedule_id),
        discount_code=text(data, "discount_code") or None,
        purchase_order=text(data, "purchase_order") or None,
        special_requirements=text(data, "special_requirements") or None,
        notes=text(data, "notes") or None,
        idempotency_key=text(data, "idempotency_key") or None,
        override_reason=text(data, "override_reason") or None,
        payer_reference=text(data, "payer_reference") or None,
        credit_minor=_credit_minor(data),
        send_mail=is_ticked(data, "send_mail"),
    )


def _customer(data: Mapping[str, Any], tenant: Tenant) -> CustomerIn:
    """Checked before the attendees, one of whom is often the caller: an error is the caller's own first."""
    company = clean_line(data.get("company"), field="company", maximum=200)
    customer = CustomerIn(
        user_id=an_id(data, "customer_id"),
        first_name=text(data, "first_name"),
        last_name=text(data, "last_name"),
        email=text(data, "email") or None,
        phone=text(data, "phone") or None,
        company_name=company or None,
    )
    return customers.clean(customer, tenant.country)


def _attendees(data: Mapping[str, Any], count: int, tenant: Tenant) -> tuple[AttendeeIn, ...]:
    """The rows up to the number of places, each with what is wrong with it under its own name."""
    found = []
    for number, row in enumerate(people(data)[:count]):
        try:
            found.append(clean_attendee(_attendee(row, data), tenant.country))
        except DomainError as error:
            field = f"attendees.{number}.{error.field or 'first_name'}"
            raise Invalid(error.code, error.message, field=field) from error
    return tuple(found)


def _attendee(row: Mapping[str, Any], data: Mapping[str, Any]) -> AttendeeIn:
    is_customer = is_ticked(row, "is_customer")
    names = row if text(row, "first_name") or text(row, "last_name") or not is_customer else data
    born = text(row, "birth_date")
    return AttendeeIn(
        first_name=text(names, "first_name"),
        last_name=text(names, "last_name"),
        email=text(row, "email") or (text(data, "email") if is_customer else "") or None,
        phone=text(row, "phone") or None,
        birth_date=_birth_date(born) if born else None,
        requirements=text(row, "requirements") or None,
        is_customer=is_customer,
    )


def _birth_date(typed: str) -> date:
    born = parse_date(typed, field="birth_date")
    if born > datetime.now(UTC).date():
        raise Invalid("birth_date", "The birth date lies in the future.", field="birth_date")
    return born


def _hold_until(data: Mapping[str, Any], schedule_id: UUID) -> datetime | None:
    """The end of the hold on the date's own clock; only asked where places are held."""
    typed = text(data, "hold_until")
    if not typed or text(data, "payment_method") not in ("bank_transfer", "payment_link"):
        return None
    schedule = db.session.get(Schedule, schedule_id)
    if schedule is None:
        raise NotFound("This date does not exist.")
    try:
        wall = datetime.fromisoformat(typed)
    except ValueError:
        raise Invalid(
            "hold", "Enter a day and a time, for example 31/12/2026 18:00.", field="hold_until"
        ) from None
    if wall.tzinfo is not None:
        raise Invalid("hold", "Enter the time on the course's own clock.", field="hold_until")
    return local_to_utc(wall.date(), wall.time(), schedule.time_zone)


def _credit_minor(data: Mapping[str, Any]) -> int:
    """What was shown to come from the caller's credit (minor units). Raises Invalid."""
    typed = text(data, "credit_minor") or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_AMOUNT):
        raise Invalid("amount", "The credit to use could not be read.", field="credit_minor")
    return int(typed)


def people(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of names. Raises Invalid for anything else."""
    rows = data.get("attendees") or []
    if (
        not isinstance(rows, list)
        or len(rows) > MOST_PLACES
        or not all(isinstance(row, dict) for row in rows)
    ):
        raise Invalid("attendees", "The names could not be read.", field="places")
    return rows


def places(data: Mapping[str, Any]) -> int:
    """The number of places. Raises Invalid."""
    typed = data.get("places", 1)
    try:
        count = int(str(typed).strip() or "1") if not isinstance(typed, bool) else 0
    except ValueError:
        count = 0
    if not 1 <= count <= MOST_PLACES:
        raise Invalid("places", f"Book from 1 to {MOST_PLACES} places.", field="places")
    return count


def text(data: Mapping[str, Any], name: str) -> str:
    """A field as text, "" where it is missing. Raises Invalid for a list or a number in disguise."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid("not_text", "This field must be text.", field=name)
    return value.strip()


def is_ticked(data: Mapping[str, Any], name: str) -> bool:
    return data.get(name) in (True, "1", "on", "true", "yes")


def an_id(data: Mapping[str, Any], name: str) -> UUID | None:
    """An id, or None where there is none. Raises Invalid for what is not one."""
    return needed_id(data, name, "This record does not exist.") if text(data, name) else None


def needed_id(data: Mapping[str, Any], name: str, missing: str) -> UUID:
    """An id; raises Invalid with the sentence `missing`."""
    try:
        return UUID(text(data, name))
    except ValueError:
        raise Invalid(name, missing, field=name) from None
