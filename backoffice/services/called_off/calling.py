"""Calling off a date: its bookings end, its places, room and people are free, and each booker is asked what they want."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from backoffice.database import add_rows, db, lock_rows, new_id
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Invalid, NotFound, Refused
from backoffice.domain.statuses import LIVE_BOOKING
from backoffice.domain.text import clean_line, refuse_card_number
from backoffice.models import Booking, Schedule, ScheduleChoice
from backoffice.models.schedule_choice import FALLBACKS
from backoffice.sealing import seal_for
from backoffice.services import attendee_mail, audit, bookings, messages, schedules, settling
from backoffice.services.called_off import standing
from backoffice.services.sign_in import digest
from backoffice.tenancy import current_tenant_id

REASON_MAXIMUM = 500
TOKEN_BYTES = 24
SHORTEST = timedelta(days=1)
USUAL = timedelta(days=14)
LONGEST = timedelta(days=60)


@dataclass(frozen=True)
class CallOff:
    """Why, until when the bookers may choose (UTC), and what happens to the money of who does not."""

    reason: str
    deadline_at: datetime
    fallback: str = "refunded"
    proposed_schedule_id: UUID | None = None


def call_off(schedule_id: UUID, wanted: CallOff, actor: Actor, now: datetime | None = None) -> Schedule:
    """Cancel a date with all its live bookings, in one act; each booker gets a choice and a mail.

    It is also the approval of all the money that goes back, up to the tenant's limit of each refund.
    Raises Forbidden, Invalid (reason, deadline_at, fallback, proposed_schedule_id), NotFound, Refused.
    """
    for right in ("schedule.edit", "booking.cancel", "refund.execute"):
        actor.require(right)
    now = now or datetime.now(UTC)
    reason = clean_line(wanted.reason, field="reason", maximum=REASON_MAXIMUM, required=True)
    refuse_card_number(reason, field="reason")
    schedule = _get(schedule_id)
    _check(wanted, schedule, now)
    ending = _lock(schedule_id)
    _check_open(ending)
    for booking in ending:
        bookings.cancel(booking.id, reason, actor, send_mail=False)
    schedules.cancel(schedule_id, reason, actor)
    _ask(ending, schedule, wanted, actor)
    settling.end_attempts_soon([booking.id for booking in ending])
    shown = {"bookings": len(ending), "deadline_at": wanted.deadline_at, "fallback": wanted.fallback}
    audit.record(actor, "schedule:call_off", schedule, new=shown)
    return schedule


def _get(schedule_id: UUID) -> Schedule:
    schedule = db.session.get(Schedule, schedule_id)
    if schedule is None:
        raise NotFound("This date does not exist.")
    return schedule


def _check(wanted: CallOff, schedule: Schedule, now: datetime) -> None:
    if wanted.fallback not in FALLBACKS:
        raise Invalid("fallback", "Choose what happens without an answer.", field="fallback")
    if not now + SHORTEST <= wanted.deadline_at <= now + LONGEST:
        sentence = f"Give them at least a day to choose, and at most {LONGEST.days} days."
        raise Invalid("deadline", sentence, field="deadline_at")
    if wanted.proposed_schedule_id:
        _check_proposed(wanted, schedule)


def _check_proposed(wanted: CallOff, schedule: Schedule) -> None:
    other = db.session.get(Schedule, wanted.proposed_schedule_id)
    field = "proposed_schedule_id"
    if other is None or other.id == schedule.id or other.status != "published":
        raise Invalid("proposed", "Choose another date that is on sale.", field=field)
    if other.currency != schedule.currency:
        raise Invalid("currency", "This date is sold in another currency.", field=field)
    if other.starts_at < wanted.deadline_at:
        sentence = "The date you propose begins before their time to choose is over: choose an earlier day."
        raise Invalid("deadline", sentence, field="deadline_at")


def _lock(schedule_id: UUID) -> list[Booking]:
    """The live bookings, theirs and then the date's row taken: the order in which changes of a booking take them.

    Who books at this moment is waited for, and their booking found in the second look.
    """
    _live(schedule_id)
    db.session.execute(select(Schedule.id).where(Schedule.id == schedule_id).with_for_update())
    return _live(schedule_id)


def _live(schedule_id: UUID) -> list[Booking]:
    return lock_rows(Booking, Booking.schedule_id == schedule_id, Booking.status.in_(LIVE_BOOKING))


def _check_open(ending: Sequence[Booking]) -> None:
    marked = [booking for booking in ending if booking.status in ("completed", "no_show")]
    if marked:
        raise Refused(
            "register_marked",
            f"Attendance is marked already ({marked[0].reference}): this date was taught. "
            "Cancel single bookings instead.",
        )


def _ask(ending: Sequence[Booking], schedule: Schedule, wanted: CallOff, actor: Actor) -> None:
    if not ending:
        return
    add_rows(ScheduleChoice, *[_values(booking, schedule, wanted, actor) for booking in ending])
    for booking in ending:
        messages.queue(
            "date_called_off",
            recipient=booking.contact_email,
            recipient_name=booking.contact_name,
            booking_id=booking.id,
            user_id=booking.customer_id,
            once_key=f"date_called_off:{booking.id}",
            actor=actor,
        )
    attendee_mail.tell("place_cancelled", [booking.id for booking in ending], actor, note=wanted.reason)


def _values(booking: Booking, schedule: Schedule, wanted: CallOff, actor: Actor) -> dict[str, Any]:
    choice_id, token = new_id(), secrets.token_urlsafe(TOKEN_BYTES)
    return {
        "tenant_id": current_tenant_id(),
        "id": choice_id,
        "schedule_id": schedule.id,
        "booking_id": booking.id,
        "token_digest": digest(token),
        "token_sealed": seal_for("schedule_choices", choice_id, "token_sealed", token),
        "status": "open" if standing.held_minor(booking.id) else "nothing_paid",
        "fallback": wanted.fallback,
        "deadline_at": wanted.deadline_at,
        "apply_at": wanted.deadline_at,
        "proposed_schedule_id": wanted.proposed_schedule_id,
        "called_off_by_id": actor.user_id,
    }
