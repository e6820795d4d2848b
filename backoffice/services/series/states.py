"""Verbs for all dates of a series."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from backoffice.database import db
from backoffice.domain.actor import Actor
from backoffice.models import Schedule
from backoffice.services import schedules


def publish_drafts(series_id: UUID, actor: Actor) -> int:
    """Put every draft of a series on sale, all of them or none; how many there were. Raises Refused."""
    actor.require("schedule.edit")
    drafts = select(Schedule.id).where(Schedule.series_id == series_id, Schedule.status == "draft")
    ids = list(db.session.scalars(drafts.order_by(Schedule.id)))
    for schedule_id in ids:
        schedules.publish(schedule_id, actor)
    return len(ids)
