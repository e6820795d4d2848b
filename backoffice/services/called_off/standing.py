"""Where a choice stands: whose it is, the money that waits for it, and the dates that it may be about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from backoffice.database import db
from backoffice.domain.errors import NotFound
from backoffice.domain.statuses import RESERVING_REFUND
from backoffice.models import Allocation, Booking, Payment, Refund, ScheduleChoice, Tenant
from backoffice.services import tenants
from backoffice.services.dates_on_sale import OfferedDate, Wanted, list_dates
from backoffice.services.sign_in import digest
from backoffice.tenancy import current_tenant_id

PAGE = "/choice/"
# Longer than any token of ours: not worth looking up.
LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Share:
    """What one payment still has of a booking's price (minor units)."""

    payment_id: UUID
    amount_minor: int


def get(choice_id: UUID) -> ScheduleChoice:
    """The choice; raises NotFound."""
    choice = db.session.get(ScheduleChoice, choice_id)
    if choice is None:
        raise NotFound("This choice does not exist.")
    return choice


def find(token: str) -> ScheduleChoice | None:
    """The choice behind a mailed link, in the tenant whose host was called."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    return db.session.scalar(select(ScheduleChoice).where(ScheduleChoice.token_digest == digest(token)))


def find_of_booking(booking_id: UUID) -> ScheduleChoice | None:
    """The choice of a booking whose date was called off, or None."""
    return db.session.scalar(select(ScheduleChoice).where(ScheduleChoice.booking_id == booking_id))


def url_of(choice: ScheduleChoice) -> str:
    """The full address, at the tenant's own host. It is a secret: never written into a row or a log."""
    return tenants.base_url(db.session.get_one(Tenant, current_tenant_id())) + PAGE + choice.token


def shares(booking_id: UUID) -> list[Share]:
    """The money that lies on a booking, by payment, less what was given back or is promised to be.

    In the order of the payments' ids, in which whoever changes several takes them.
    """
    given = (
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .where(
            Refund.payment_id == Allocation.payment_id,
            Refund.booking_id == Allocation.booking_id,
            Refund.status.in_(RESERVING_REFUND),
        )
        .correlate(Allocation)
        .scalar_subquery()
    )
    left = (Allocation.amount_minor - given).label("left")
    rows = db.session.execute(
        select(Allocation.payment_id, left)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.booking_id == booking_id, Payment.status == "succeeded")
        .order_by(Allocation.payment_id)
    )
    return [Share(row.payment_id, int(row.left)) for row in rows if row.left > 0]


def held_minor(booking_id: UUID) -> int:
    """The money that lies on a booking and is not promised back (minor units)."""
    return sum(share.amount_minor for share in shares(booking_id))


def list_dates_for(choice: ScheduleChoice, now: datetime | None = None) -> list[OfferedDate]:
    """Coming dates of the same course with places enough, the proposed one first."""
    booking: Booking = choice.booking
    tenant = db.session.get_one(Tenant, current_tenant_id())
    found = list_dates(Wanted(course_id=choice.schedule.course_id), tenant, now)
    if choice.proposed_schedule_id and all(date.id != choice.proposed_schedule_id for date in found):
        found += list_dates(Wanted(schedule_id=choice.proposed_schedule_id), tenant, now)
    fitting = [date for date in found if _fits(date, booking)]
    return sorted(fitting, key=lambda date: (date.id != choice.proposed_schedule_id, date.starts_at))


def _fits(date: OfferedDate, booking: Booking) -> bool:
    """A price on request cannot be kept; what was paid for is not exchanged for what is free."""
    is_priced = date.pricing == "priced" or (date.pricing == "free" and booking.total_minor == 0)
    return is_priced and date.seats_left >= booking.seats and date.currency == booking.currency
