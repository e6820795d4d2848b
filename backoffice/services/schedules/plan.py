"""A new date."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid
from backoffice.domain.text import clean_block, clean_line
from backoffice.domain.times import say_span
from backoffice.models import Course, Instructor, Schedule, ScheduleDay, ScheduleDayInstructor, Venue
from backoffice.models.course import PRICING
from backoffice.models.schedule import STATUSES
from backoffice.services import audit, courses
from backoffice.services.catalogue import current_tenant
from backoffice.services.schedules import rules
from backoffice.services.schedules.days import Day, Span, spans

CODE_MAXIMUM = 40
NOTES_MAXIMUM = 5000
CAPACITY_MAXIMUM = 1000


@dataclass(frozen=True)
class PlanIn:
    """A date as it is asked for. What is None is copied from the course; `instructor_ids` has the lead first,
    `()` is nobody yet. Days are local wall times of the tenant, prices minor units with VAT.
    `is_private`: a date of one company, which no public page shows."""

    course_id: UUID
    venue_id: UUID
    days: Sequence[Day]
    instructor_ids: Sequence[UUID] | None = None
    capacity: int | None = None
    price_minor: int | None = None
    pricing: str | None = None
    code: str | None = None
    notes: str | None = None
    override_reason: str | None = None
    status: str = "draft"
    series_id: UUID | None = None
    is_private: bool = False


def plan(wanted: PlanIn, actor: Actor) -> Schedule:
    """Make a date and flush it. Raises Invalid or Forbidden.

    An overlap of the room or of a person is refused by the database: its error leaves here as it came, and
    `commit_once` says it (venue_busy, instructor_busy).
    """
    actor.require("schedule.edit")
    settled = _settle(wanted, actor)
    schedule = _build(wanted, settled, actor)
    db.session.add_all([schedule, *day_rows(schedule, settled.days, settled.people)])
    db.session.flush()
    audit.record(actor, "schedule:plan", schedule, new=_audited(schedule, settled))
    return schedule


@dataclass(frozen=True)
class Settled:
    """What a plan comes to, checked against the rules; venue and people are locked."""

    course: Course
    venue: Venue
    days: list[Span]
    people: list[Instructor]
    capacity: int
    override_reason: str | None


def _settle(wanted: PlanIn, actor: Actor) -> Settled:
    time_zone, override = current_tenant().time_zone, rules.Override(wanted.override_reason, actor)
    course = rules.get_course(wanted.course_id)
    days = spans(wanted.days, time_zone)
    venue = rules.lock_venue(wanted.venue_id)
    people = planned_people(wanted, course)
    capacity = planned_capacity(wanted, course, venue)
    if actor.kind != "import":
        rules.check_offered(course, venue, *people)
    rules.check_future(days, time_zone, override)
    rules.check_available(days, people, time_zone, override)
    rules.check_room(capacity, venue)
    rules.check_ratio(capacity, len(people), course, override)
    return Settled(course, venue, days, people, capacity, override.used)


def _build(wanted: PlanIn, settled: Settled, actor: Actor) -> Schedule:
    tenant = current_tenant()
    return Schedule(
        code=clean_line(wanted.code, field="code", maximum=CODE_MAXIMUM) or None,
        course=settled.course,
        venue=settled.venue,
        series_id=wanted.series_id,
        status=_first_status(wanted, actor),
        is_private=wanted.is_private,
        starts_at=settled.days[0].starts_at,
        ends_at=settled.days[-1].ends_at,
        time_zone=tenant.time_zone,
        capacity=settled.capacity,
        currency=tenant.currency,
        vat_rate_bp=settled.course.vat_rate_bp,
        notes=clean_block(wanted.notes, field="notes", maximum=NOTES_MAXIMUM) or None,
        override_reason=settled.override_reason,
        **priced_like(settled.course, wanted),
    )


def priced_like(course: Course, wanted: PlanIn) -> dict[str, Any]:
    """The course's price and how it is priced, unless this date has a price of its own."""
    if wanted.pricing is None and wanted.price_minor is None:
        return {"pricing": course.pricing, "price_minor": course.price_minor}
    return checked_price(wanted.pricing or "priced", wanted.price_minor)


def checked_price(pricing: str, price_minor: int | None) -> dict[str, Any]:
    """How a date is priced; free ones and those on request have no price. Raises Invalid."""
    if pricing not in PRICING:
        raise Invalid("pricing", "Choose how it is priced.", field="pricing")
    if pricing != "priced":
        return {"pricing": pricing, "price_minor": None}
    if price_minor is None or isinstance(price_minor, bool) or not 0 <= price_minor <= courses.PRICE_MAXIMUM:
        raise Invalid("price", "Enter a price from 0 to 1,000,000.", field="price_minor")
    return {"pricing": pricing, "price_minor": price_minor}


def day_rows(schedule: Schedule, days: Sequence[Span], people: Sequence[Instructor]) -> list[Any]:
    """The days and who teaches on them, the first of the people leading; in the order of insertion."""
    rows = [
        ScheduleDay(schedule_id=schedule.id, day_number=number, starts_at=day.starts_at, ends_at=day.ends_at)
        for number, day in enumerate(days, 1)
    ]
    return rows + [duty for row in rows for duty in duties(row.id, people)]


def duties(day_id: UUID, people: Sequence[Instructor]) -> list[ScheduleDayInstructor]:
    """Who teaches on one day."""
    return [
        ScheduleDayInstructor(
            schedule_day_id=day_id, instructor_id=person.id, duty="assistant" if number else "lead"
        )
        for number, person in enumerate(people)
    ]


def planned_people(wanted: PlanIn, course: Course) -> list[Instructor]:
    """Who is to teach a new date, the lead first: as asked for, or who usually teaches the course. Locked."""
    if wanted.instructor_ids is not None:
        return rules.lock_instructors(wanted.instructor_ids)
    default = courses.default_instructor_id(course.id)
    people = rules.lock_instructors([default]) if default else []
    return [person for person in people if person.archived_at is None]


def planned_capacity(wanted: PlanIn, course: Course, venue: Venue) -> int:
    """The places of a new date: as asked for, or the course's as far as the room takes them. Raises Invalid."""
    if wanted.capacity is None:
        return min(course.capacity, venue.capacity)
    return checked_capacity(wanted.capacity)


def checked_capacity(capacity: int) -> int:
    if isinstance(capacity, bool) or not 1 <= capacity <= CAPACITY_MAXIMUM:
        raise Invalid("capacity", f"The capacity must be from 1 to {CAPACITY_MAXIMUM:,}.", field="capacity")
    return capacity


def _first_status(wanted: PlanIn, actor: Actor) -> str:
    possible = STATUSES if actor.kind == "import" else ("draft", "published")
    if wanted.status not in possible:
        raise Invalid("status", "A new date is a draft or published.", field="status")
    return wanted.status


def _audited(schedule: Schedule, settled: Settled) -> dict[str, object]:
    return {
        "course": str(settled.course),
        "venue": str(settled.venue),
        "days": [say_span(*day, schedule.time_zone) for day in settled.days],
        "instructors": [str(person) for person in settled.people],
        "capacity": schedule.capacity,
        "price_minor": schedule.price_minor,
        "status": schedule.status,
        "override_reason": schedule.override_reason,
    }
