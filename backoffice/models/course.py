"""What is taught, with its price, length and certificate rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Minor,
    Model,
    TenantOwned,
    Timestamps,
    Versioned,
    one_of,
    same_tenant_key,
    tenant_key,
    to_many,
    to_one,
)

AUDIENCES = ("adults", "kids", "corporate")
PRICING = ("priced", "free", "on_request")


class Course(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "courses"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_type_id", "course_types"),
        same_tenant_key("requalifies_course_id", "courses"),
        same_tenant_key("picture_id", "pictures"),
        one_of("audience", AUDIENCES, "audience"),
        one_of("pricing", PRICING, "pricing"),
        CheckConstraint("(pricing = 'priced') = (price_minor IS NOT NULL)", name="price_when_priced"),
        CheckConstraint("price_minor BETWEEN 0 AND 100000000", name="price"),
        CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name="vat_rate"),
        CheckConstraint("duration_minutes BETWEEN 1 AND 100000", name="duration_positive"),
        CheckConstraint("day_count BETWEEN 1 AND 60", name="day_count"),
        CheckConstraint("duration_weeks BETWEEN 1 AND 200", name="weeks"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity_positive"),
        CheckConstraint("learners_per_instructor BETWEEN 1 AND 1000", name="learners_per_instructor"),
        CheckConstraint("certificate_years BETWEEN 1 AND 50", name="certificate_years"),
        CheckConstraint("minimum_age BETWEEN 0 AND 120", name="minimum_age"),
        CheckConstraint("refund_window_hours BETWEEN 0 AND 8760", name="refund_window"),
        CheckConstraint("refund_fee_bp BETWEEN 0 AND 10000", name="refund_fee"),
        CheckConstraint("requalifies_course_id <> id", name="not_its_own_requalification"),
        Index("uq_courses_slug", "tenant_id", "slug", unique=True),
        Index("ix_courses_title", "tenant_id", "title", "id"),
        Index("ix_courses_type", "tenant_id", "course_type_id"),
        Index("ix_courses_requalifies", "tenant_id", "requalifies_course_id"),
        Index("ix_courses_picture", "tenant_id", "picture_id"),
        Index("ix_courses_catalogue", "tenant_id", "category", "audience", "is_published"),
        Index("ix_courses_audience", "tenant_id", "audience"),
        Index("ix_courses_published", "tenant_id", "is_published"),
        Index("ix_courses_active", "tenant_id", "title", "id", postgresql_where=text("archived_at IS NULL")),
    )

    slug: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    course_type_id: Mapped[UUID]
    audience: Mapped[str] = mapped_column(String(20), default="adults", server_default="adults")
    category: Mapped[str | None] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(String(10000))
    outcomes: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    syllabus: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    image: Mapped[str | None] = mapped_column(String(200))
    picture_id: Mapped[UUID | None]
    duration_minutes: Mapped[int]
    day_count: Mapped[int] = mapped_column(default=1, server_default="1")
    duration_weeks: Mapped[int | None]
    pricing: Mapped[str] = mapped_column(String(20), default="priced", server_default="priced")
    price_minor: Mapped[int | None] = mapped_column(Minor)
    vat_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    capacity: Mapped[int] = mapped_column(default=12, server_default="12")
    learners_per_instructor: Mapped[int] = mapped_column(default=12, server_default="12")
    gives_certificate: Mapped[bool] = mapped_column(default=True, server_default="true")
    certificate_years: Mapped[int | None]
    # Taken while the old certificate was valid, the new one runs from where that ends.
    runs_from_old_expiry: Mapped[bool] = mapped_column(default=False, server_default="false")
    minimum_age: Mapped[int | None]
    requalifies_course_id: Mapped[UUID | None]
    # What an attendee must bring or hold; None: nothing.
    prerequisites: Mapped[str | None] = mapped_column(String(2000))
    needs_waiver: Mapped[bool] = mapped_column(default=False, server_default="false")
    has_whitelist: Mapped[bool] = mapped_column(default=False, server_default="false")
    refund_window_hours: Mapped[int | None]
    refund_fee_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    is_published: Mapped[bool] = mapped_column(default=False, server_default="false")
    archived_at: Mapped[datetime | None]

    course_type = to_one("CourseType", "Course.course_type_id == CourseType.id")
    requalifies = to_one("Course", "Course.requalifies_course_id == remote(Course.id)")
    picture = to_one("Picture", "Course.picture_id == Picture.id")
    whitelist = to_many("WhitelistEntry", "Course.id == WhitelistEntry.course_id")
    instructors = to_many("CourseInstructor", "Course.id == CourseInstructor.course_id")

    def __str__(self) -> str:
        return self.title
