"""One attendee on one day of a date, as the register says."""

from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.domain.attendance import STATUSES


class Attendance(TenantOwned, Timestamps, Model):
    """No row: nobody has marked it yet."""

    __tablename__ = "attendances"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("attendee_id", "attendees"),
        same_tenant_key("schedule_day_id", "schedule_days"),
        same_tenant_key("marked_by_id", "users"),
        one_of("status", STATUSES, "status"),
        Index("uq_attendances_attendee_day", "tenant_id", "attendee_id", "schedule_day_id", unique=True),
        Index("ix_attendances_day", "tenant_id", "schedule_day_id", "status"),
        Index("ix_attendances_marked_by", "tenant_id", "marked_by_id"),
    )

    attendee_id: Mapped[UUID]
    schedule_day_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(String(20))
    marked_by_id: Mapped[UUID | None]

    attendee = to_one("Attendee", "Attendance.attendee_id == Attendee.id")
    day = to_one("ScheduleDay", "Attendance.schedule_day_id == ScheduleDay.id")
    marked_by = to_one("User", "Attendance.marked_by_id == User.id")
