"""The dates of today and tomorrow, and what was taken today."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from backoffice.database import db
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.models import Booking, Course, Payment, Schedule, Tenant, User, Venue
from backoffice.services.work_queues.kinds import Day


def list_dates(day: Day, tenant: Tenant) -> Sequence[Row[Any]]:
    """The dates that run today or tomorrow, with their places."""
    nameless = (
        select(func.coalesce(func.sum(Booking.unnamed_places), 0))
        .where(Booking.schedule_id == Schedule.id, Booking.status.in_(LIVE_BOOKING))
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Schedule.id,
            Course.title,
            Venue.name.label("venue"),
            Venue.city,
            Schedule.starts_at,
            Schedule.ends_at,
            Schedule.time_zone,
            Schedule.seats_taken,
            Schedule.capacity,
            nameless.label("nameless"),
        )  # fmt: skip
        .join(Course, Course.id == Schedule.course_id)
        .join(Venue, Venue.id == Schedule.venue_id)
        .where(
            Schedule.status.in_(("published", "completed")),
            Schedule.starts_at < day.tomorrow_ends,
            or_(Schedule.starts_at >= day.begins, and_(Schedule.ends_at >= day.begins)),
        )
        .order_by(Schedule.starts_at, Schedule.id)
    ).all()


def takings(day: Day) -> Sequence[Row[Any]]:
    """What was received today by clerk and method: (clerk, method, currency, payments, amount_minor)."""
    clerk = func.coalesce(
        func.nullif(func.trim(func.concat(User.first_name, " ", User.last_name)), ""), "Online"
    )
    return db.session.execute(
        select(
            clerk.label("clerk"),
            Payment.method,
            Payment.currency,
            func.count().label("payments"),
            func.sum(Payment.amount_minor).label("amount_minor"),
        )
        .outerjoin(User, User.id == Payment.taken_by_id)
        .where(
            Payment.status == "succeeded",
            Payment.paid_at >= day.begins,
            Payment.paid_at < day.ends,
            Payment.is_imported.is_(False),
            Payment.method != "credit",  # it was received when the credit arose
        )
        .group_by(clerk, Payment.method, Payment.currency)
        .order_by(clerk, Payment.method)
    ).all()
