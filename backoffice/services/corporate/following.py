"""A request follows its private date: completed with it, and looked into again when the date is called off."""

from __future__ import annotations

from typing import Final

from backoffice.database import db, lock_row
from backoffice.domain.actor import Actor
from backoffice.models import CorporateRequest, Schedule
from backoffice.services import audit

# What a date becomes → what its request becomes.
FOLLOWS: Final = {"completed": "completed", "published": "confirmed", "cancelled": "reviewing"}


def follow(schedule: Schedule, actor: Actor) -> None:
    """Move the request of a private date after it; nothing for any other date. Called where a date's status changes."""
    if not schedule.is_private:
        return
    status = FOLLOWS.get(schedule.status)
    request = lock_row(CorporateRequest, CorporateRequest.schedule_id == schedule.id)
    if request is None or status is None or request.status == status:
        return
    old, request.status = request.status, status
    if status == "reviewing":
        request.schedule_id = request.booking_id = None
        request.forget_answer()
    db.session.flush()
    audit.record(actor, "corporate_request:follow", request, old={"status": old}, new={"status": status})
