"""How far a visitor's booking has come, told from the rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backoffice.models import Booking, BookingDraft

# typing: nothing is held. held: the terms are next. agreed: to be paid. firm: done.
# lapsed: the places went back before it was paid. gone: it was cancelled.
STAGES = ("typing", "held", "agreed", "firm", "lapsed", "gone")


@dataclass(frozen=True)
class Standing:
    """The stage, and the booking that came of the draft so far; of a new hold its id alone, which costs no look."""

    stage: str
    booking: Booking | None = None
    held_until: datetime | None = None
    booking_id: UUID | None = None

    @property
    def is_held(self) -> bool:
        return self.stage in ("held", "agreed")


def standing_of(draft: BookingDraft | None, now: datetime) -> Standing:
    """Where the visitor stands at this moment (UTC)."""
    booking = draft.booking if draft else None
    if draft is None or booking is None:
        return Standing("typing")
    if booking.status == "pending":
        return _pending(draft, booking, now)
    stages = {"expired": "lapsed", "cancelled": "gone"}
    return Standing(stages.get(booking.status, "firm"), booking, booking_id=booking.id)


def _pending(draft: BookingDraft, booking: Booking, now: datetime) -> Standing:
    """A hold is over at its minute, even if nobody has come round to give the places back."""
    until = booking.hold_expires_at
    if until is not None and until <= now and not booking.paid_minor:
        return Standing("lapsed", booking, booking_id=booking.id)
    return Standing("agreed" if draft.accepted_at else "held", booking, until, booking.id)
