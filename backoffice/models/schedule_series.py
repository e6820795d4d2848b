"""Several dates of one course that were planned by one rule; each of them is a date like any other."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one


class ScheduleSeries(TenantOwned, Timestamps, Model):
    """How it was planned. What its dates are now, they say themselves."""

    __tablename__ = "schedule_series"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("venue_id", "venues"),
        CheckConstraint("jsonb_typeof(rule) = 'object'", name="rule"),
        Index("ix_schedule_series_course", "tenant_id", "course_id"),
        Index("ix_schedule_series_venue", "tenant_id", "venue_id"),
    )

    course_id: Mapped[UUID]
    venue_id: Mapped[UUID]
    # domain.recurrence.Rule.as_json
    rule: Mapped[dict[str, Any]]

    course = to_one("Course", "ScheduleSeries.course_id == Course.id")
    venue = to_one("Venue", "ScheduleSeries.venue_id == Venue.id")
