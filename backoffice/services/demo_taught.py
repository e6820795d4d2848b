"""The demonstration's date of yesterday: taught by the instructor's login, paid, and not marked yet."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.times import local_to_utc
from backoffice.models import Course, Instructor, Schedule, Tenant, Venue
from backoffice.services import bookings, schedules
from backoffice.services.bookings import AttendeeIn, Order
from backoffice.services.customers import CustomerIn
from backoffice.services.schedules import PlanIn

ACTOR = Actor("import", name="Demonstration")
COURSES = {"rft": "emergency-first-aid", "nairobi": "cyber-safety"}
# The second one where the instructor taught yesterday already.
HOURS = ((time(9), time(16)), (time(17), time(21)))
BOOKED_BEFORE = timedelta(days=12)

# Who booked for whom: (first name, last name, e-mail, company), and each attendee with what he or she needs.
PEOPLE = {
    "rft": (
        (("Hannah", "Ellis", "hannah.ellis@example.com", ""), (("Hannah Ellis", ""),)),
        (
            ("Gareth", "Pugh", "gareth.pugh@example.com", "Aire Valley Joinery"),
            (("Marcus Reid", ""), ("Sofia Petrova", "Vegan lunch"), ("Owen Clarke", "")),
        ),
        (("Ruth", "Adeyemi", "ruth.adeyemi@example.com", ""), (("Ruth Adeyemi", "Step-free access"),)),
    ),
    "nairobi": (
        (("Faith", "Achieng", "faith.achieng@example.org", "Savanna Foods"), (("Faith Achieng", ""),)),
        (
            ("Daniel", "Njoroge", "daniel.njoroge@example.org", "Rift Logistics"),
            (("Peter Wafula", ""), ("Lucy Chebet", "Sits near the screen")),
        ),
        (("Halima", "Noor", "halima.noor@example.org", ""), (("Halima Noor", "Halal meal"),)),
    ),
}


def teach_yesterday(today: date, tenant: Tenant, instructor: Instructor) -> Schedule | None:
    """Plan it and sell some places; None where neither the hours nor a room are free."""
    yesterday = today - timedelta(days=1)
    for begins, ends in HOURS:
        day = (yesterday, begins, ends)
        free = schedules.free([day])
        if free.venues and instructor.id in {person.id for person in free.instructors}:
            made = _plan(day, free.venues[0], instructor, tenant)
            _sell(made, tenant)
            return made
    return None


def _plan(day: schedules.Day, venue: Venue, instructor: Instructor, tenant: Tenant) -> Schedule:
    course = db.session.scalars(select(Course).where(Course.slug == COURSES[tenant.slug])).one()
    wanted = PlanIn(course.id, venue.id, [day], [instructor.id], capacity=12, status="published")
    return schedules.plan(wanted, ACTOR)


def _sell(schedule: Schedule, tenant: Tenant) -> None:
    booked_at = local_to_utc((schedule.starts_at - BOOKED_BEFORE).date(), time(11, 20), tenant.time_zone)
    for number, (contact, attendees) in enumerate(PEOPLE[tenant.slug]):
        first, last, email, company = contact
        order = Order(
            schedule.id,
            len(attendees),
            CustomerIn(first_name=first, last_name=last, email=email, company_name=company or None),
            "card_terminal" if number else "cash",
            attendees=tuple(_attendee(name, needs) for name, needs in attendees),
            send_mail=False,
        )
        bookings.place(order, ACTOR, min(booked_at, datetime.now(UTC)))


def _attendee(name: str, needs: str) -> AttendeeIn:
    first, _, last = name.partition(" ")
    return AttendeeIn(first, last, requirements=needs or None)
