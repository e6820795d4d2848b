"""What an attendee says of a course and of who taught it; shown to the public once somebody has looked at it."""

from datetime import datetime
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

STATUSES = ("waiting", "shown", "hidden")
WORDS_LENGTH = 2000


class Review(TenantOwned, Timestamps, Versioned, Model):
    """One for each attendee; `instructor_id` is who led the date when it was written."""

    __tablename__ = "reviews"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("attendee_id", "attendees"),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("instructor_id", "instructors"),
        same_tenant_key("decided_by_id", "users"),
        one_of("status", STATUSES, "status"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("instructor_rating BETWEEN 1 AND 5", name="instructor_rating"),
        Index("uq_reviews_attendee", "tenant_id", "attendee_id", unique=True),
        Index("ix_reviews_course", "tenant_id", "course_id", "status", "created_at"),
        Index("ix_reviews_instructor", "tenant_id", "instructor_id", "status"),
        Index("ix_reviews_schedule", "tenant_id", "schedule_id"),
        Index("ix_reviews_status", "tenant_id", "status", "created_at", "id"),
        Index("ix_reviews_decided_by", "tenant_id", "decided_by_id"),
    )

    attendee_id: Mapped[UUID]
    course_id: Mapped[UUID]
    schedule_id: Mapped[UUID]
    instructor_id: Mapped[UUID | None]
    rating: Mapped[int]
    instructor_rating: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(WORDS_LENGTH), default="", server_default="")
    # As the public reads it: "Nina N." or "A learner".
    shown_as: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    decided_by_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    attendee = to_one("Attendee", "Review.attendee_id == Attendee.id")
    course = to_one("Course", "Review.course_id == Course.id")
    schedule = to_one("Schedule", "Review.schedule_id == Schedule.id")
    instructor = to_one("Instructor", "Review.instructor_id == Instructor.id")
    decided_by = to_one("User", "Review.decided_by_id == User.id")

    def __str__(self) -> str:
        return f"{self.rating} of 5 by {self.shown_as}"
