"""When an instructor teaches: hours by weekday, and days of leave."""

from datetime import date, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, func, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one
from backoffice.sealing import Sealed


class WorkingHours(TenantOwned, Model):
    """Wall times of the provider's zone. Whoever has none at all teaches at any time."""

    __tablename__ = "working_hours"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("instructor_id", "instructors"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("ends > starts", name="end_after_start"),
        Index("uq_working_hours_start", "tenant_id", "instructor_id", "weekday", "starts", unique=True),
    )

    instructor_id: Mapped[UUID]
    # Monday is 1, as in ISO 8601.
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]

    instructor = to_one("Instructor", "WorkingHours.instructor_id == Instructor.id")


class InstructorLeave(TenantOwned, Timestamps, Model):
    """Whole days, both ends included. Why is sealed: it may be about somebody's health."""

    __tablename__ = "instructor_leave"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("instructor_id", "instructors"),
        CheckConstraint("ends_on >= starts_on", name="end_after_start"),
        Index("ix_instructor_leave_ends", "tenant_id", "instructor_id", "ends_on"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("instructor_id", "="),
            (func.daterange(literal_column("starts_on"), literal_column("ends_on"), "[]"), "&&"),
            name="ex_instructor_leave_days",
            using="gist",
        ),
    )

    instructor_id: Mapped[UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason_sealed: Mapped[str | None] = mapped_column(String(2000))

    reason = Sealed("reason_sealed")
    instructor = to_one("Instructor", "InstructorLeave.instructor_id == Instructor.id")
