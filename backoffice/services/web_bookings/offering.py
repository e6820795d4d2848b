"""A date as the booking pages offer it: what it is, whether it can be booked, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from backoffice.database import db
from backoffice.domain.errors import DomainError, Invalid
from backoffice.domain.pricing import Quote
from backoffice.domain.web_holds import MOST_PLACES
from backoffice.models import Course, Schedule, Tenant
from backoffice.services import bookings, waiting_turn
from backoffice.services.finding import on_sale

# Why nobody can book it here, in the order in which it is asked.
CLOSED = ("over", "started", "cancelled", "on_request", "full")


@dataclass(frozen=True)
class DateForSale:
    """A date that the public may see; `closed` says why it cannot be booked, "" where it can."""

    schedule: Schedule
    closed: str

    @property
    def course(self) -> Course:
        course: Course = self.schedule.course
        return course

    @property
    def id(self) -> UUID:
        return self.schedule.id

    @property
    def starts_at(self) -> datetime:
        return self.schedule.starts_at

    @property
    def capacity(self) -> int:
        return self.schedule.capacity

    @property
    def seats_left(self) -> int:
        """The places that a visitor can book; none while they are kept for who waits."""
        return 0 if self.closed == "full" else self.schedule.seats_left

    @property
    def most_places(self) -> int:
        """How many places one form offers."""
        return max(1, min(MOST_PLACES, self.schedule.capacity))


def find_date(schedule_id: UUID, now: datetime) -> DateForSale | None:
    """The date; None for one that the public may not see: a draft, a company's own, an unpublished course."""
    wanted = (
        select(Schedule)
        .join(Course, Course.id == Schedule.course_id)
        .options(joinedload(Schedule.course), joinedload(Schedule.venue), selectinload(Schedule.days))
        .where(Schedule.id == schedule_id, *on_sale.ever_shown())
    )
    schedule = db.session.scalar(wanted, execution_options={"populate_existing": True})
    return DateForSale(schedule, _why_closed(schedule, now)) if schedule else None


def _why_closed(schedule: Schedule, now: datetime) -> str:
    if schedule.status == "cancelled":
        return "cancelled"
    if schedule.status == "completed" or now >= schedule.ends_at:
        return "over"
    if now >= schedule.starts_at:
        return "started"
    if schedule.pricing == "on_request":
        return "on_request"
    is_full = schedule.seats_left <= 0 or waiting_turn.keeps(schedule.id)
    return "full" if is_full else ""


@dataclass(frozen=True)
class Price:
    """What the places cost; `refused` says why the code takes nothing off (None where it does, or none was named)."""

    quote: Quote
    refused: DomainError | None = None


def price_of(
    date: DateForSale,
    places: int,
    code: str,
    tenant: Tenant,
    now: datetime,
    *,
    customer_id: UUID | None = None,
) -> Price:
    """The price of so many places (minor units). A code that cannot be used is said beside the price without it.

    `customer_id`: whoever is signed in and books in their own name.
    """

    def asked(named: str | None) -> Quote:
        return bookings.quote_for(date.schedule.id, places, named, tenant, now, customer_id=customer_id)

    try:
        return Price(asked(code or None))
    except Invalid as error:
        if error.field != "discount_code":
            raise
        refused = error
    return Price(asked(None), refused)
