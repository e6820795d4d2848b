"""When which mail goes out by itself."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    Versioned,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.domain.reminders import MOMENTS, say_distance


class ReminderRule(TenantOwned, Timestamps, Versioned, Model):
    """A rule of a course stands in for the general ones that send the same mail at the same kind of moment."""

    __tablename__ = "reminder_rules"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        one_of("moment", MOMENTS, "moment"),
        CheckConstraint("days BETWEEN 0 AND 365", name="days"),
        CheckConstraint("hours BETWEEN 0 AND 23", name="hours"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        Index("ix_reminder_rules_course", "tenant_id", "course_id"),
        # Two of the same would mail everybody twice.
        Index(
            "uq_reminder_rules_same",
            "tenant_id",
            "moment",
            "template",
            "days",
            "hours",
            "course_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    name: Mapped[str] = mapped_column(String(120))
    moment: Mapped[str] = mapped_column(String(20))
    course_id: Mapped[UUID | None]
    # By the wall clock of the date: a day before 09:00 is 09:00, also when the clocks change in between.
    days: Mapped[int]
    hours: Mapped[int] = mapped_column(default=0, server_default="0")
    template: Mapped[str] = mapped_column(String(60))
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")

    course = to_one("Course", "ReminderRule.course_id == Course.id")

    @property
    def distance(self) -> str:
        return say_distance(self.days, self.hours, self.moment)

    def __str__(self) -> str:
        return self.name
