"""People with certificates, as the tests of what expires need them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from backoffice.models import Booking, Certificate, Company, Course, CourseType
from backoffice.services.customers import CustomerIn
from tests import factories
from tests.services.booked import person, placed

_numbers = count(1)
EXPIRES = date(2028, 6, 30)


def certified(
    name: str = "Ada Byron",
    email: str | None = None,
    *,
    course: Course | None = None,
    company: Company | None = None,
    expires_on: date = EXPIRES,
    booking: Booking | None = None,
    **more: Any,
) -> Certificate:
    """Somebody's certificate of three years, from a booking of Boss's, for a company or for themselves."""
    course = course or factories.make_course(title="First Aid at Work", certificate_years=3)
    taught = expires_on - timedelta(days=3 * 365)
    if booking is None:
        schedule = factories.make_schedule(course=course)
        boss = CustomerIn(
            first_name="Bea",
            last_name="Boss",
            email="boss@x.example",
            company_id=company.id if company else None,
        )
        booking = placed(schedule, 1, "cash", customer=boss, attendees=(person(name, email=email),))
    first, _, last = name.partition(" ")
    number = next(_numbers)
    values: dict[str, Any] = {
        "attendee_id": booking.attendees[0].id,
        "schedule_id": booking.schedule_id,
        "course_id": course.id,
        "booking_id": booking.id,
        "number": f"T-C-{number:06d}",
        "code": f"{number:022d}",
        "holder_first_name": first,
        "holder_last_name": last,
        "course_title": course.title,
        "taught_from": taught,
        "taught_until": taught,
        "issued_on": taught,
        "expires_on": expires_on,
        "making": "made",
    }
    return factories.add(Certificate(**values | more))


def pair_of_courses() -> tuple[Course, Course]:
    """The full course, and the short one that requalifies for it."""
    kind: CourseType = factories.make_course_type()
    full = factories.make_course(title="First Aid at Work", certificate_years=3, course_type_id=kind.id)
    short = factories.make_course(
        title="First Aid at Work Requalification",
        certificate_years=3,
        course_type_id=kind.id,
        requalifies_course_id=full.id,
    )
    return full, short
