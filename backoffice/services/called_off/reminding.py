"""A second mail to who has not answered: once a day at most, whoever presses the button."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.domain.errors import Refused
from backoffice.domain.times import to_local
from backoffice.models import ScheduleChoice
from backoffice.services import audit, messages
from backoffice.services.called_off.standing import get


def remind(choice_id: UUID, actor: Actor, now: datetime | None = None) -> None:
    """Mail the link again to a booker who has not answered. Raises Forbidden, NotFound, Refused."""
    actor.require("message.send")
    now = now or datetime.now(UTC)
    choice = get(choice_id)
    if choice.status != "open" or choice.is_late(now):
        raise Refused("not_open", "There is nothing to remind of: it is answered, or the time is over.")
    if not choice.booking.contact_email:
        raise Refused("no_address", "There is no e-mail address: call instead, and answer for them here.")
    if not _queue(choice, actor, now):
        raise Refused("reminded", "They were reminded today already: once a day is enough.")


def remind_all(schedule_id: UUID, actor: Actor, now: datetime | None = None) -> int:
    """Remind everybody on a called-off date who has not answered and was not reminded today; how many."""
    actor.require("message.send")
    now = now or datetime.now(UTC)
    waiting: Sequence[ScheduleChoice] = db.session.scalars(
        select(ScheduleChoice)
        .where(
            ScheduleChoice.schedule_id == schedule_id,
            ScheduleChoice.status == "open",
            ScheduleChoice.deadline_at > now,
        )
        .order_by(ScheduleChoice.id)
    ).all()
    return sum(_queue(choice, actor, now) for choice in waiting)


def _queue(choice: ScheduleChoice, actor: Actor, now: datetime) -> bool:
    day = to_local(now, choice.schedule.time_zone).date()
    queued = messages.queue(
        "date_called_off_reminder",
        recipient=choice.booking.contact_email,
        recipient_name=choice.booking.contact_name,
        booking_id=choice.booking_id,
        user_id=choice.booking.customer_id,
        once_key=f"date_called_off_reminder:{choice.id}:{day}",
        actor=actor,
    )
    if queued is None:
        return False
    choice.reminded_at = now
    db.session.flush()
    audit.record(actor, "booking:choice_reminder", choice.booking)
    return True
