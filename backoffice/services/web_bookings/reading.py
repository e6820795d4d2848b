"""From what was typed to an order: everything that is wrong is found at once, beside its field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, clean_email, clean_line, clean_phone, refuse_card_number
from backoffice.domain.times import find_date
from backoffice.models import Course, Tenant
from backoffice.services.bookings import AttendeeIn
from backoffice.services.customers import CustomerIn
from backoffice.services.web_bookings.typed import PersonTyped, Typed

T = TypeVar("T")

NEEDED = {
    "first_name": "Write your first name.",
    "last_name": "Write your last name.",
    "email": "Write your e-mail address: the confirmation goes there.",
}
NEEDED_OF_A_PERSON = {"first_name": "Write the first name.", "last_name": "Write the last name."}
UNPREPARED = "Tick the box when everybody brings and holds this."


@dataclass(frozen=True)
class Proved:
    """The customer who is signed in; only what they have proved to be theirs is tied to their record."""

    user_id: UUID
    email: str


@dataclass
class Reader:
    """Cleans one text after the other and remembers what was wrong with them."""

    tenant: Tenant
    course: Course
    problems: dict[str, str] = field(default_factory=dict)

    def try_to(self, name: str, clean: Callable[[], T]) -> T | None:
        """What `clean` gives, or None with its problem noted beside the field."""
        try:
            return clean()
        except Invalid as error:
            self.problems.setdefault(name, error.message)
            return None

    def line(self, name: str, text: str, maximum: int = 100) -> str:
        def clean() -> str:
            refuse_card_number(text, field=name)
            return clean_line(text, field=name.rpartition(".")[2], maximum=maximum)

        return self.try_to(name, clean) or ""

    def block(self, name: str, text: str) -> str | None:
        def clean() -> str:
            refuse_card_number(text, field=name)
            return clean_block(text, field=name.rpartition(".")[2], maximum=2000)

        return self.try_to(name, clean) or None

    def need(self, name: str, value: object, sentence: str) -> None:
        if not value:
            self.problems.setdefault(name, sentence)


def read(
    typed: Typed, course: Course, tenant: Tenant, proved: Proved | None
) -> tuple[CustomerIn, list[AttendeeIn]]:
    """Who books and who comes. Raises Invalid with every problem, beside `first_name`, `people.<0…>.birth_date` …"""
    reader = Reader(tenant, course)
    customer = _customer(reader, typed, proved)
    people = [_person(reader, typed, customer, number) for number in range(len(typed.people))]
    reader.block("special_requirements", typed.special_requirements)
    reader.line("discount_code", typed.discount_code, 50)
    if course.prerequisites and not typed.is_prepared:
        reader.problems["is_prepared"] = UNPREPARED
    if reader.problems:
        raise Invalid.of(reader.problems)
    return customer, people


def _customer(reader: Reader, typed: Typed, proved: Proved | None) -> CustomerIn:
    first = reader.line("first_name", typed.first_name)
    last = reader.line("last_name", typed.last_name)
    email = reader.try_to("email", lambda: clean_email(typed.email))
    phone = reader.try_to("phone", lambda: clean_phone(typed.phone, reader.tenant.country))
    for name, value in (("first_name", first), ("last_name", last), ("email", email)):
        reader.need(name, value, NEEDED[name])
    company = reader.line("company_name", typed.company_name, 200)
    reader.line("purchase_order", typed.purchase_order, 60)
    is_theirs = proved is not None and email == proved.email
    user_id = proved.user_id if proved is not None and is_theirs else None
    return CustomerIn(user_id, first, last, email, phone, company_name=company or None)


def _person(reader: Reader, typed: Typed, customer: CustomerIn, number: int) -> AttendeeIn:
    """One place. The booker's own has the booker's name; a place may stay without one, to be named later."""
    person, is_booker = typed.people[number], typed.attends and number == 0
    at = f"people.{number}."
    if person.is_empty and not is_booker:
        return AttendeeIn()
    first = customer.first_name if is_booker else reader.line(f"{at}first_name", person.first_name)
    last = customer.last_name if is_booker else reader.line(f"{at}last_name", person.last_name)
    email = customer.email if is_booker else reader.try_to(f"{at}email", lambda: clean_email(person.email))
    if not is_booker:
        reader.need(f"{at}first_name", first, NEEDED_OF_A_PERSON["first_name"])
        reader.need(f"{at}last_name", last, NEEDED_OF_A_PERSON["last_name"])
    return AttendeeIn(
        first_name=first,
        last_name=last,
        email=email,
        phone=customer.phone if is_booker else None,
        birth_date=_birth_date(reader, f"{at}birth_date", person),
        requirements=reader.block(f"{at}requirements", person.requirements),
        # Tied to the record only where the address was proved: a stranger takes nobody's place on a date.
        is_customer=is_booker and customer.user_id is not None,
        is_prepared=typed.is_prepared,
    )


def _birth_date(reader: Reader, name: str, person: PersonTyped) -> date | None:
    minimum = reader.course.minimum_age
    if not person.birth_date:
        if minimum:
            reader.problems[name] = f"Enter the date of birth: attendees must be {minimum}."
        return None
    born = find_date(person.birth_date)
    if born is None:
        reader.problems[name] = "Enter a date like 31/12/1985."
    elif born > datetime.now(UTC).date():
        reader.problems[name] = "This day is still to come: check the year."
    return born
