"""A provider with something on every page of its public site, and the address of each page and file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import (
    Attendee,
    Booking,
    Certificate,
    Course,
    CourseInstructor,
    Instructor,
    Schedule,
    ScheduleChoice,
)
from backoffice.services import called_off, payment_links, reviews, terms
from backoffice.services.called_off import CallOff
from backoffice.services.certificates import issuing
from backoffice.services.certificates import links as paper_links
from backoffice.services.corporate import link as request_link
from backoffice.services.customers import CustomerIn
from backoffice.services.my import links as my_links
from backoffice.services.payment_links import Subject
from backoffice.services.reminders import names_link
from backoffice.services.reviews import Opinion
from backoffice.services.reviews import links as review_links
from backoffice.work import commit_once
from tests import certified, factories
from tests.services.booked import ADMIN, person, placed
from tests.services.corporate import world as companies
from tests.services.waiting import world as waiting_world

JANE = "jane@x.example"
START = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=40)


@dataclass
class PublicWorld:
    """`at` has the values of each endpoint's address; those without any are left out."""

    at: dict[str, dict[str, Any]] = field(default_factory=dict)
    days: int = 0

    def date(self, course: Course, **values: Any) -> Schedule:
        """One more date of the course, each on a day of its own."""
        self.days += 1
        values = {"starts_at": START + timedelta(days=self.days)} | values
        return factories.make_schedule(course=course, **values)


def make() -> PublicWorld:
    """All of it; to be called in the provider's scope."""
    world = PublicWorld()
    publish_terms(world)
    course = add_course(world)
    for add in (add_dates, add_booking, add_waiting, add_called_off, add_what_is_over):
        add(world, course)
    world.at["companies_public.follow"] = {"token": request_link.token_of(companies.submitted())}
    return world


def publish_terms(world: PublicWorld) -> None:
    """Two versions, so that the page of the terms shows both."""
    for words in ("Be on time.", "# Coming\n\nBe on time.\n\n- Bring a pen\n- Bring water"):
        typed = terms.Typed("Terms of booking", words)
        draft = commit_once(lambda typed=typed: terms.save("terms", typed, ADMIN, version=0).version)  # type: ignore[misc]
        commit_once(lambda draft=draft: terms.publish("terms", ADMIN, version=draft))  # type: ignore[misc]
    world.at["terms.current"] = {"kind": "terms"}
    world.at["terms.version"] = {"kind": "terms", "version": 1}


def add_course(world: PublicWorld) -> Course:
    """A course with all that its page shows, and whoever teaches it."""
    course = factories.make_course(
        title="Emergency First Aid at Work", slug="first-aid", description="Use a defibrillator.",
        outcomes=["Act safely", "Give CPR"], syllabus=["Safety", "Practice"], minimum_age=16, certificate_years=3,
        prerequisites="- Safety shoes\n- A helmet",
    )  # fmt: skip
    teacher: Instructor = factories.make_instructor(
        name="Siân O’Neill", bio="Was a nurse.", specializations=["Children"], is_published=True
    )
    factories.add(CourseInstructor(course_id=course.id, instructor_id=teacher.id))
    world.at["course.page"] = world.at["feeds.of_course"] = {"slug": course.slug}
    world.at["instructor.page"] = {"slug": str(teacher.id)}
    return course


def add_dates(world: PublicWorld, course: Course) -> None:
    date = world.date(course)
    world.date(course, pricing="on_request", price_minor=None)
    world.date(course, pricing="free", price_minor=None)
    for page in ("page", "terms_page", "done", "calendar"):
        world.at[f"booking.{page}"] = {"schedule_id": str(date.id)}
    world.at["calendar.month"] = {"year": START.year, "number": START.month}
    world.at["feeds.of_venue"] = {"venue_id": str(date.venue_id)}
    world.at["live.places"] = world.at["live.stream"] = {"ids": str(date.id)}


def add_booking(world: PublicWorld, course: Course) -> None:
    """One of Jane's that is paid, with a name to come; and one to be paid by link."""
    jane = CustomerIn(first_name="Jane", last_name="Doe", email=JANE)
    one = placed(world.date(course), 2, "cash", customer=jane, attendees=(person("Ada Byron"),))
    key, payment = {"key": my_links.token_of(one)}, one.allocations[0].payment_id
    for page in ("booking", "cancel_page", "move_page", "calendar_file"):
        world.at[f"my.{page}"] = key
    world.at["my.name_page"] = key | {"attendee_id": str(place_of(one.id))}
    world.at["my.booking_receipt"] = key | {"payment_id": str(payment)}
    world.at["my.receipt"] = {"payment_id": str(payment)}
    world.at["names.page"] = {"token": names_link.token_of(one)}
    unpaid = placed(world.date(course), method="payment_link").id
    link = commit_once(lambda: payment_links.make(Subject(unpaid), ADMIN))
    for page in ("page", "go", "back", "state"):
        world.at[f"pay.{page}"] = {"token": link.token}


def place_of(booking_id: UUID) -> UUID:
    found = select(Attendee.id).where(Attendee.booking_id == booking_id).order_by(Attendee.position)
    return db.session.scalars(found.limit(1)).one()


def add_waiting(world: PublicWorld, course: Course) -> None:
    """A full date, and a party that waits for it and for another one."""
    full = [world.date(course, capacity=1) for _ in range(2)]
    for number, date in enumerate(full):
        waiting_world.book(date.id, number)
    entry = waiting_world.joined("wanda", *full)
    world.at["waiting.join_page"] = {"schedule_id": str(full[0].id)}
    world.at["waiting.page"] = {"token": entry.token}
    world.at["waiting.answered"] = {"token": entry.token, "verb": "accept"}


def add_called_off(world: PublicWorld, course: Course) -> None:
    date = world.date(course)
    date_id, booking_id = date.id, placed(date, 2, "cash").id
    off = CallOff(reason="The trainer is ill.", deadline_at=datetime.now(UTC) + timedelta(days=7))
    commit_once(lambda: called_off.call_off(date_id, off, ADMIN))
    choice = db.session.scalars(select(ScheduleChoice).where(ScheduleChoice.booking_id == booking_id)).one()
    world.at["choice.page"] = {"token": choice.token}


def add_what_is_over(world: PublicWorld, course: Course) -> None:
    """People who were there: a certificate, a review that is shown and one to be given."""
    people = ("Doreen O’Neill", "Nina New")
    said, to_come = certified.booked(certified.a_date(course=course), *people, reference="TST-2025-0001")
    said_id, booking_id = said.id, said.booking_id
    world.at["review.page"] = {"token": review_links.token_of(to_come)}
    opinion = Opinion(4, "I know what to do now.")
    review = commit_once(lambda: reviews.give(said_id, opinion, ADMIN))
    commit_once(lambda: reviews.show(review.id, ADMIN, review.version))
    commit_once(lambda: issuing.issue([said_id], ADMIN))
    paper = db.session.scalars(select(Certificate).where(Certificate.attendee_id == said_id)).one()
    world.at["verify.by_code"] = {"code": paper.code}
    world.at["certificate.download"] = {"token": paper_links.make_token(paper.id)}
    world.at["my.own_certificate"] = {"certificate_id": str(paper.id)}
    key = my_links.token_of(db.session.get_one(Booking, booking_id))
    world.at["my.certificate"] = {"key": key, "certificate_id": str(paper.id)}
