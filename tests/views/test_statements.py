"""No screen asks the database once for each row it shows: twice the rows, the same statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from backoffice.database import db
from backoffice.models import (
    Booking,
    Course,
    Instructor,
    Message,
    ScheduleDayInstructor,
    User,
    UserNote,
    Venue,
    WorkItem,
)
from backoffice.services import booking_groups, passwords, payments, refunds
from backoffice.services.customers import CustomerIn
from backoffice.services.payments import PaymentIn
from backoffice.services.refunds import RefundIn
from backoffice.tenancy import tenant_scope
from backoffice.work import commit_once
from tests import factories
from tests.factories import Provider
from tests.views.admin.money_desk import place
from tests.views.desk.counting import statements
from tests.web_client import PASSWORD, Visitor, signed_in

FEW, MANY = 3, 7
# A page that has more rows than it shows may ask how many there are, or what they add up to.
SLACK = 1
LISTS = (
    "users",
    "bookings",
    "booking_groups",
    "customers",
    "payments",
    "refunds",
    "discount_codes",
    "discount_rules",
    "audit_events",
    "schedules",
    "courses",
    "course_types",
    "venues",
    "instructors",
    "companies",
    "messages",
)
RECORDS = (
    "bookings",
    "booking_groups",
    "customers",
    "payments",
    "discount_codes",
    "schedules",
    "courses",
    "course_types",
    "venues",
    "instructors",
    "companies",
)
QUEUES = ("unpaid", "names", "holds", "refunds", "mails", "attention")
EVENING = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)


@dataclass
class Town:
    """Records that everything else hangs on, so that their pages show as many rows as there are."""

    course: Course
    venue: Venue
    teacher: Instructor
    caller: User
    company: Any
    code: Any
    ids: dict[str, UUID] = field(default_factory=dict)


def found_town() -> Town:
    """The records with many others, and the one booking and the one payment of them."""
    hashed = passwords.hash_password(PASSWORD)
    pupil = factories.make_user("instructor", email="teacher@t.example", password_hash=hashed)
    company = factories.make_company(has_terms=True)
    town = Town(
        course=factories.make_course(),
        venue=factories.make_venue(capacity=200),
        teacher=factories.make_instructor(user_id=pupil.id),
        caller=factories.make_user(
            email="caller@t.example", password_hash=hashed, company_id=company.id, phone="+447700900123"
        ),
        company=company,
        code=factories.make_code(code="TOWN"),
    )
    schedule = factories.make_schedule(course=town.course, venue=town.venue, capacity=100, starts_at=EVENING)
    named = {"course": "courses", "venue": "venues", "teacher": "instructors", "caller": "customers"}
    town.ids = {screen: getattr(town, name).id for name, screen in named.items()} | {
        "companies": company.id,
        "discount_codes": town.code.id,
        "course_types": town.course.course_type_id,
        "schedules": schedule.id,
    }
    return town


def grow(town: Town, number: int) -> None:
    """One more of everything, each with a course, a venue, a teacher and a caller that no other has."""
    day = EVENING + timedelta(days=3 * number + 3)
    taught_here = factories.make_schedule(
        course=factories.make_course(), venue=town.venue, starts_at=day, capacity=100
    )
    teach(taught_here, town.teacher)
    elsewhere = factories.make_schedule(
        course=town.course, venue=factories.make_venue(), starts_at=day + timedelta(days=1)
    )
    teach(elsewhere, factories.make_instructor())
    factories.make_course(course_type_id=town.course.course_type_id)
    factories.make_rule(minimum_places=number + 50, title=f"Rule {number}")
    factories.make_code(course_type_id=factories.make_course_type().id)
    again(town, taught_here, number)
    others(town, elsewhere, number)


def teach(schedule: Any, teacher: Instructor) -> None:
    factories.add(ScheduleDayInstructor(schedule_day_id=schedule.days[0].id, instructor_id=teacher.id))


def again(town: Town, schedule: Any, number: int) -> None:
    """The same caller, company and code on another date, and a note by another clerk."""
    who = CustomerIn(
        user_id=town.caller.id,
        first_name=town.caller.first_name,
        last_name=town.caller.last_name,
        email=town.caller.email,
        phone=town.caller.phone,
        company_id=town.company.id,
    )
    place(schedule, method="account", customer=who, discount_code="TOWN")
    clerk = factories.make_user("office")
    factories.add(UserNote(user_id=town.caller.id, author_id=clerk.id, body="Rings"))
    factories.add(
        WorkItem(kind="import", subject_type="users", subject_id=clerk.id, sentence="Look", once_key=number)
    )


def others(town: Town, schedule: Any, number: int) -> None:
    """Another caller of another company on the town's date: paid, and some of it asked back."""
    place(town.ids["schedules"], method="account", attendees=())
    held = place(town.ids["schedules"], method="bank_transfer", attendees=())
    hold(held)
    paid = db.session.get_one(Booking, place(schedule, method="cash"))
    clerk = factories.actor("office", factories.make_user("office"))
    wanted = RefundIn(paid.allocations[0].payment_id, 1_00, "Ill", booking_id=paid.id)
    commit_once(lambda: refunds.request(wanted, clerk))
    mail = Message(
        template="booking_confirmed",
        recipient=f"r{number}@t.example",
        booking_id=paid.id,
        user_id=paid.customer_id,
        status="failed",
    )
    factories.add(mail)
    commit_once(lambda: booking_groups.make(f"Group {number}", [paid.id], clerk))


def hold(booking_id: UUID) -> None:
    booking = db.session.get_one(Booking, booking_id)
    booking.hold_expires_at = datetime.now(UTC) + timedelta(minutes=1)
    db.session.commit()


def join(town: Town) -> None:
    """One group and one payment for all that the caller booked, and one booking with as many refunds."""
    clerk = factories.actor("admin")
    owing = list(db.session.scalars(db.select(Booking).where(Booking.customer_id == town.caller.id)))
    group = commit_once(lambda: booking_groups.make("All of them", [each.id for each in owing], clerk))
    total = sum(each.total_minor for each in owing)
    wanted = PaymentIn("bank_transfer", total, booking_group_id=group.id, customer_id=town.caller.id)
    payment = commit_once(lambda: payments.take(wanted, clerk))
    big = place(town.ids["schedules"], places=len(owing), method="cash", discount_code="TOWN")
    part = db.session.get_one(Booking, big).allocations[0]
    for _ in owing:
        asked = RefundIn(part.payment_id, 1_00, "Ill", booking_id=big)
        commit_once(lambda asked=asked: refunds.request(asked, factories.actor("office")))  # type: ignore[misc]
    town.ids |= {"booking_groups": group.id, "payments": payment.id, "bookings": big}


@dataclass
class Place:
    """A provider with so many of everything, and people signed in there."""

    town: Town
    admin: Visitor
    caller: Visitor
    teacher: Visitor

    def cost(self, visitor: Visitor, address: str) -> list[str]:
        """The statements of a page, asked for twice: the first time fills what is remembered."""
        assert visitor.get(address).status_code == 200, address
        with statements() as seen:
            visitor.get(address)
        return seen


@contextmanager
def inside(app: Flask, provider: Provider) -> Iterator[None]:
    with app.app_context(), tenant_scope(provider.id):
        yield
        db.session.remove()


def settle(app: Flask, rows: int) -> Place:
    with app.app_context():
        provider = factories.make_provider()
    with inside(app, provider):
        town = found_town()
        for number in range(rows):
            grow(town, number)
        join(town)
    admin = signed_in(app, provider, "admin")
    caller, teacher = Visitor(app, provider.host), Visitor(app, provider.host)
    assert caller.sign_in("caller@t.example").status_code == 303
    assert teacher.sign_in("teacher@t.example").status_code == 303
    return Place(town, admin, caller, teacher)


@pytest.fixture(scope="module")
def places(app: Flask) -> tuple[Place, Place]:
    """A place with few rows and one with many."""
    return settle(app, FEW), settle(app, MANY)


def compare(places: tuple[Place, Place], who: str, address: str, screen: str = "") -> None:
    few, many = (
        each.cost(getattr(each, who), address.format(id=each.town.ids.get(screen, ""))) for each in places
    )
    assert len(many) - len(few) <= SLACK, "\n".join(many)


@pytest.mark.parametrize("screen", LISTS)
def test_a_list_costs_the_same(places: tuple[Place, Place], screen: str) -> None:
    compare(places, "admin", f"/admin/{screen}/?from=2020-01-01")


@pytest.mark.parametrize("screen", RECORDS)
def test_the_page_of_a_record_costs_the_same(places: tuple[Place, Place], screen: str) -> None:
    compare(places, "admin", f"/admin/{screen}/details/?id={{id}}", screen)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_costs_the_same(places: tuple[Place, Place], queue: str) -> None:
    compare(places, "admin", f"/admin/work/{queue}")


@pytest.mark.parametrize(
    ("address", "screen"),
    [
        ("/admin/", ""),
        ("/admin/search?q=Ann", ""),
        ("/admin/desk/", ""),
        ("/admin/desk/callers?q=Ann", ""),
        ("/admin/desk/callers/{id}", "customers"),
        ("/admin/desk/dates", ""),
        ("/admin/bookings/move/?id={id}", "bookings"),
        ("/admin/bookings/request-refund/?id={id}", "bookings"),
        ("/admin/bookings/cancel-places/?id={id}", "bookings"),
        ("/admin/schedules/edit/?id={id}", "schedules"),
        ("/admin/schedules/new/", ""),
        ("/admin/imports/", ""),
    ],
)
def test_another_page_costs_the_same(places: tuple[Place, Place], address: str, screen: str) -> None:
    compare(places, "admin", address, screen)


def test_ones_own_pages_cost_the_same(places: tuple[Place, Place]) -> None:
    compare(places, "caller", "/my/")
    compare(places, "teacher", "/admin/my-dates/")


def test_the_rows_are_there(places: tuple[Place, Place]) -> None:
    """The control: the pages show more where there is more."""
    shown = [
        [
            each.admin.get(address.format(id=each.town.ids["customers"]))
            .get_data(as_text=True)
            .count("/details/?id=")
            for each in places
        ]
        for address in ("/admin/bookings/", "/admin/customers/details/?id={id}", "/admin/work/refunds")
    ]
    assert all(many >= few + MANY - FEW for few, many in shown), shown
