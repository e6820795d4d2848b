"""What somebody with a payment link may know: what is paid for, how much is asked now, and how it stands.

Nothing here names the customer or says what is on record about them: the link may have been passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Allocation, Booking, Payment, PaymentLink
from backoffice.services import payment_links, waiting_turn

# "deposit_paid": the deposit came, more is due later; "waiting": an attempt may be paid at this moment.
STATES = ("due", "waiting", "paid", "deposit_paid", "cancelled", "expired", "ended")
OPEN = ("pending", "processing")
ON_SALE = "published"


@dataclass(frozen=True)
class Asked:
    """What a link asks for at this moment (minor units, UTC)."""

    link_id: UUID
    state: str
    bookings: tuple[Booking, ...]  # those that can be paid; all of them when none can
    currency: str
    total_minor: int
    due_minor: int  # what is still to be paid of all
    asked_minor: int  # the part that is asked for now: less when the link is for a deposit
    held_until: datetime | None
    attempt: Payment | None = None  # the newest one at a gateway

    @property
    def is_payable(self) -> bool:
        return self.state in ("due", "waiting")

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(booking.id for booking in self.bookings)

    @property
    def is_deposit(self) -> bool:
        return self.asked_minor < self.due_minor


def of_link(link: PaymentLink, now: datetime) -> Asked:
    """How the link stands. Raises NotFound when what it was for is gone."""
    every = payment_links.bookings_of(link)
    payable = [booking for booking in every if can_be_paid(booking, now)]
    due = sum(booking.payable_minor for booking in payable)
    asked = _asked(link, every, due)
    attempt = _newest_attempt([booking.id for booking in every])
    shown = payable or every
    holds = [booking.hold_expires_at for booking in payable if booking.hold_expires_at]
    return Asked(
        link_id=link.id,
        state=_state(link, every, asked, due, attempt),
        bookings=tuple(shown),
        currency=every[0].currency,
        total_minor=sum(booking.total_minor for booking in shown),
        due_minor=due,
        asked_minor=asked,
        held_until=min(holds, default=None),
        attempt=attempt,
    )


def can_be_paid(booking: Booking, now: datetime) -> bool:
    """Whether something is due and the places are held, or can still be taken again."""
    if booking.payable_minor <= 0:
        return False
    if booking.status != "expired":
        return True
    schedule = booking.schedule
    is_ahead = schedule.status == ON_SALE and schedule.starts_at > now
    # Who let a hold run out comes after those who wait.
    return is_ahead and schedule.seats_left >= booking.seats and not waiting_turn.keeps(schedule.id)


def _asked(link: PaymentLink, every: Sequence[Booking], due: int) -> int:
    """All that is due, or what is missing to the deposit."""
    if link.amount_minor is None:
        return due
    return max(0, min(link.amount_minor - payment_links.paid_for(every), due))


def _newest_attempt(booking_ids: Sequence[UUID]) -> Payment | None:
    wanted = (
        select(Payment)
        .join(Allocation, Allocation.payment_id == Payment.id)
        .where(Allocation.booking_id.in_(booking_ids), Payment.gateway_account_id.is_not(None))
        .order_by(Payment.id.desc())
        .limit(1)
    )
    return db.session.scalar(wanted, execution_options={"populate_existing": True})


def _state(link: PaymentLink, every: Sequence[Booking], asked: int, due: int, attempt: Payment | None) -> str:
    if link.ended_at is not None:
        return "ended"
    if asked > 0:
        return "waiting" if attempt and attempt.status in OPEN else "due"
    if due > 0:
        return "deposit_paid"
    if any(booking.is_live and booking.payment_status == "paid" for booking in every):
        return "paid"
    if any(booking.status == "expired" for booking in every):
        return "expired"
    return "cancelled" if all(booking.status == "cancelled" for booking in every) else "paid"
