"""Short ways for the tests of reminders: rules, a date on a known clock, and what was queued."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from backoffice.database import db
from backoffice.models import Booking, Message, Schedule
from backoffice.services import reminders
from backoffice.services.reminders import RuleIn
from tests import factories
from tests.services.booked import ADMIN, done, fresh, placed


def rule(moment: str = "before_start", days: int = 1, hours: int = 0, **more: Any) -> UUID:
    """A rule of the usual mail of its moment; its id."""
    usual = {
        "before_start": "reminder",
        "after_end": "thanks",
        "names_missing": "names_missing",
        "certificate_expiry": "certificate_expiring",
    }
    values: dict[str, Any] = {
        "name": f"{moment} {days} {hours}",
        "moment": moment,
        "days": days,
        "hours": hours,
        "template": usual[moment],
    } | more
    return done(lambda: reminders.add_rule(RuleIn(**values), ADMIN)).id


def wall(text: str, tz: str = "Europe/London") -> datetime:
    """The instant of "2026-03-29 09:00" on the clock of a place."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).astimezone(UTC)


def date_at(starts_at: datetime, tz: str = "Europe/London", **more: Any) -> Schedule:
    return factories.make_schedule(starts_at=starts_at, time_zone=tz, **more)


def booked_for(starts_at: datetime, tz: str = "Europe/London", places: int = 1, **more: Any) -> Booking:
    """A confirmed booking of Alice's, made a month before the date."""
    booking = placed(factories.make_schedule(), places, method="cash", **more)
    return placed_on(booking, date_at(starts_at, tz))


def placed_on(booking: Booking, schedule: Schedule) -> Booking:
    """Put a booking on a date as if it had been made a month before, whatever today is."""
    early = schedule.starts_at - timedelta(days=31)
    values = {"schedule_id": schedule.id, "booked_at": early, "confirmed_at": early}
    done(lambda: db.session.execute(update(Booking).where(Booking.id == booking.id).values(values)))
    return fresh(booking.id)


def run(now: datetime) -> int:
    """How many mails the finder queues at this instant."""
    return done(lambda: reminders.queue_due(now))


def queued(template: str = "reminder") -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).where(Message.template == template).order_by(Message.id)))


def recipients(template: str = "reminder") -> list[str]:
    return sorted(message.recipient for message in queued(template))
