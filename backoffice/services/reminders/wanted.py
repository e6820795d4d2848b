"""Whether a reminder that was queued is still true when it is about to be sent."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.models import Attendee, Booking, Message, ReminderRule, Schedule
from backoffice.services.reminders import expiry

CANCELLED = "place_cancelled"

MOVED = "Not sent: the date was moved before this mail went out."
BEGUN = "Not sent: the date had begun before this mail went out."
NAMED = "Not sent: all names were given before this mail went out."
OFF = "Not sent: the rule was switched off before this mail went out."
GONE = "Not sent: the place was cancelled or given to somebody else before this mail went out."


def why_unwanted(message: Message, now: datetime | None = None) -> str | None:
    """A sentence when a mail of a rule, or one to an attendee, is no longer true; None for every other mail."""
    if message.booking_id is None:
        return None
    reason = expiry.why_unwanted(message) or _why_attendee(message) or _why_named(message)
    if reason or "rule_id" not in message.data:
        return reason
    return _why_rule(message) or _why_date(message, now or datetime.now(UTC))


def _why_rule(message: Message) -> str | None:
    wanted = select(ReminderRule.is_active).where(ReminderRule.id == UUID(message.data["rule_id"]))
    return None if db.session.scalar(wanted) else OFF


def _why_attendee(message: Message) -> str | None:
    """The place may have gone to somebody else: their mail is not for the first one."""
    if "attendee_id" not in message.data or message.template == CANCELLED:
        return None
    wanted = select(Attendee.email).where(
        Attendee.id == UUID(message.data["attendee_id"]), Attendee.cancelled_at.is_(None)
    )
    return None if db.session.scalar(wanted) == message.recipient else GONE


def _why_named(message: Message) -> str | None:
    if message.template != "names_missing":
        return None
    missing = db.session.scalar(select(Booking.unnamed_places).where(Booking.id == message.booking_id))
    return None if missing else NAMED


def _why_date(message: Message, now: datetime) -> str | None:
    row = db.session.execute(
        select(Schedule.starts_at, Schedule.ends_at)
        .join(Booking, Booking.schedule_id == Schedule.id)
        .where(Booking.id == message.booking_id)
    ).first()
    if row is None:
        return MOVED
    for column in ("starts_at", "ends_at"):
        told = message.data.get(column)
        if told and datetime.fromisoformat(told) != getattr(row, column).replace(microsecond=0):
            return MOVED
    return BEGUN if "starts_at" in message.data and row.starts_at <= now else None
