"""One dated run of a course, its days, and who teaches on each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, FetchedValue, Index, String, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
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
from backoffice.models.course import PRICING

STATUSES = ("draft", "published", "completed", "cancelled")


class Schedule(TenantOwned, Timestamps, Versioned, Model):
    """It keeps its own price and capacity: changing the course later rewrites nothing sold."""

    __tablename__ = "schedules"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("venue_id", "venues"),
        same_tenant_key("series_id", "schedule_series"),
        one_of("status", STATUSES, "status"),
        one_of("pricing", PRICING, "pricing"),
        CheckConstraint("seats_taken >= 0 AND seats_taken <= capacity", name="seats_within_capacity"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity_positive"),
        CheckConstraint("ends_at > starts_at", name="end_after_start"),
        CheckConstraint("(pricing = 'priced') = (price_minor IS NOT NULL)", name="price_when_priced"),
        CheckConstraint("price_minor BETWEEN 0 AND 100000000", name="price"),
        CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name="vat_rate"),
        Index("uq_schedules_code", "tenant_id", "code", unique=True),
        Index("ix_schedules_starts", "tenant_id", "starts_at", "id"),
        Index("ix_schedules_course", "tenant_id", "course_id", "starts_at"),
        Index("ix_schedules_venue", "tenant_id", "venue_id", "starts_at"),
        Index("ix_schedules_status", "tenant_id", "status", "starts_at"),
        # It costs the counter its cheap update in place; a date has few updates, as many as it has places.
        Index("ix_schedules_places", "tenant_id", "status", "seats_taken"),
        # The desk and the catalogue ask for what can still be sold.
        Index(
            "ix_schedules_on_sale", "tenant_id", "starts_at", postgresql_where=text("status = 'published'")
        ),
        Index("ix_schedules_series", "tenant_id", "series_id", "starts_at"),
    )

    code: Mapped[str | None] = mapped_column(String(40))
    course_id: Mapped[UUID]
    venue_id: Mapped[UUID]
    series_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(String(20), default="draft", server_default="draft")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(String(64))
    capacity: Mapped[int]
    # Written by the database alone (see the migration of the same name).
    seats_taken: Mapped[int] = mapped_column(FetchedValue(), server_default="0")
    pricing: Mapped[str] = mapped_column(String(20), default="priced", server_default="priced")
    price_minor: Mapped[int | None] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    vat_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of one company: no public page shows it.
    is_private: Mapped[bool] = mapped_column(default=False, server_default="false")
    notes: Mapped[str | None] = mapped_column(String(5000))
    override_reason: Mapped[str | None] = mapped_column(String(500))
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))

    course = to_one("Course", "Schedule.course_id == Course.id")
    venue = to_one("Venue", "Schedule.venue_id == Venue.id")
    series = to_one("ScheduleSeries", "Schedule.series_id == ScheduleSeries.id")
    days = to_many("ScheduleDay", "Schedule.id == ScheduleDay.schedule_id", order_by="ScheduleDay.starts_at")
    bookings = to_many("Booking", "Schedule.id == Booking.schedule_id", viewonly=True)

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken

    def __str__(self) -> str:
        return f"{self.course} · {self.starts_at:%d %b %Y}"


class ScheduleDay(TenantOwned, Model):
    """One day of a date. A room holds one live day at a time: the database refuses a second."""

    __tablename__ = "schedule_days"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("venue_id", "venues"),
        CheckConstraint("ends_at > starts_at", name="end_after_start"),
        CheckConstraint("day_number BETWEEN 1 AND 60", name="day_number"),
        Index("uq_schedule_days_number", "tenant_id", "schedule_id", "day_number", unique=True),
        Index("ix_schedule_days_venue", "tenant_id", "venue_id", "starts_at"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("venue_id", "="),
            ("during", "&&"),
            name="ex_schedule_days_venue",
            using="gist",
            where=text("is_live AND is_exclusive"),
        ),
    )

    schedule_id: Mapped[UUID]
    day_number: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    during: Mapped[Range[datetime]] = mapped_column(
        TSTZRANGE, Computed("tstzrange(starts_at, ends_at, '[)')", persisted=True)
    )
    # Copied from the date and its venue by trigger, so that the exclusion constraint can read them.
    venue_id: Mapped[UUID] = mapped_column(FetchedValue(), nullable=False)
    is_live: Mapped[bool] = mapped_column(FetchedValue(), server_default="true")
    is_exclusive: Mapped[bool] = mapped_column(FetchedValue(), server_default="true")

    schedule = to_one("Schedule", "ScheduleDay.schedule_id == Schedule.id", overlaps="days")
    instructors = to_many("ScheduleDayInstructor", "ScheduleDay.id == ScheduleDayInstructor.schedule_day_id")


class ScheduleDayInstructor(TenantOwned, Model):
    """Who teaches on a day. Nobody is in two places: the database refuses it."""

    __tablename__ = "schedule_day_instructors"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_day_id", "schedule_days"),
        same_tenant_key("instructor_id", "instructors"),
        one_of("duty", ("lead", "assistant"), "duty"),
        Index(
            "uq_schedule_day_instructors_pair", "tenant_id", "schedule_day_id", "instructor_id", unique=True
        ),
        Index("ix_schedule_day_instructors_instructor", "tenant_id", "instructor_id"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("instructor_id", "="),
            ("during", "&&"),
            name="ex_schedule_day_instructors_instructor",
            using="gist",
            where=text("is_live"),
        ),
    )

    schedule_day_id: Mapped[UUID]
    instructor_id: Mapped[UUID]
    duty: Mapped[str] = mapped_column(String(20), default="lead", server_default="lead")
    # Copied from the day by trigger.
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, FetchedValue(), nullable=False)
    is_live: Mapped[bool] = mapped_column(FetchedValue(), server_default="true")

    instructor = to_one("Instructor", "ScheduleDayInstructor.instructor_id == Instructor.id")
    day = to_one(
        "ScheduleDay", "ScheduleDayInstructor.schedule_day_id == ScheduleDay.id", overlaps="instructors"
    )
