"""Which other dates a booking could move to, with what it would cost there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from backoffice.database import db
from backoffice.models import Booking, Course, Schedule, Tenant, Venue
from backoffice.services import waiting_turn
from backoffice.services.bookings.loyalty import past_courses
from backoffice.services.bookings.moving import quote_there
from backoffice.services.bookings.quoting import DateOnSale, list_rules

MOST_DATES = 40


@dataclass(frozen=True)
class DateChoice:
    """A published date with enough places; amounts in minor units, VAT included."""

    date: Row[Any]
    new_total_minor: int
    difference_minor: int

    @property
    def places_left(self) -> int:
        return int(self.date.capacity - self.date.seats_taken)


def list_dates(
    booking: Booking,
    tenant: Tenant,
    *,
    course_id: UUID | None,
    from_instant: datetime,
    for_visitors: bool = False,
) -> list[DateChoice]:
    """The next dates (UTC) in the booking's currency that have room for all its places and a price.

    `for_visitors`: none whose places are kept for its waiting list.
    """
    rules = list_rules()
    past = past_courses(rules, booking.customer_id)
    return [
        _choice(booking, DateOnSale(row, tenant), rules, past)
        for row in _rows(booking, course_id, from_instant, for_visitors)
    ]


def _choice(booking: Booking, date: DateOnSale, rules: Sequence[Any], past: int | None) -> DateChoice:
    total = quote_there(booking, date, rules, past).total_minor
    return DateChoice(date.schedule, total, total - booking.total_minor)


def _rows(booking: Booking, course_id: UUID | None, from_instant: datetime, for_visitors: bool) -> list[Any]:
    statement = (
        select(
            Schedule.id,
            Schedule.starts_at,
            Schedule.ends_at,
            Schedule.time_zone,
            Schedule.capacity,
            Schedule.seats_taken,
            Schedule.pricing,
            Schedule.price_minor,
            Schedule.vat_rate_bp,
            Schedule.currency,
            Course.title,
            Course.course_type_id,
            Venue.name.label("venue"),
            Venue.city,
        )
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(
            Schedule.status == "published",
            Schedule.is_private.is_(False),
            Schedule.starts_at >= from_instant,
            Schedule.id != booking.schedule_id,
            Schedule.currency == booking.currency,
            Schedule.pricing != "on_request",
            Schedule.capacity - Schedule.seats_taken >= booking.seats,
        )
        .order_by(Schedule.starts_at, Schedule.id)
        .limit(MOST_DATES)
    )
    if course_id:
        statement = statement.where(Schedule.course_id == course_id)
    if for_visitors:
        statement = statement.where(~waiting_turn.is_kept())
    return list(db.session.execute(statement))
