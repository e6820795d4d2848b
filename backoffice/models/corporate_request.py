"""What a company asks for: a course of its own, until it has its private date or its answer."""

from __future__ import annotations

from datetime import date, datetime
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
    to_one,
)

STATUSES = ("pending", "reviewing", "quoted", "confirmed", "rejected", "completed")
# Those that somebody still has to answer.
OPEN = ("pending", "reviewing", "quoted")
SOURCES = ("web", "phone")
ANSWERS = ("accepted", "declined")
MOST_DAYS = 5
MOST_PEOPLE = 1000


class CorporateRequest(TenantOwned, Timestamps, Versioned, Model):
    """The e-mail is not unique: a company may ask again, and share its mailbox."""

    __tablename__ = "corporate_requests"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("assigned_instructor_id", "instructors"),
        same_tenant_key("responded_by_id", "users"),
        same_tenant_key("company_id", "companies"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("booking_id", "bookings"),
        one_of("status", STATUSES, "status"),
        one_of("source", SOURCES, "source"),
        one_of("quote_answer", ANSWERS, "quote_answer"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(f"jsonb_array_length(preferred_dates) <= {MOST_DAYS}", name="preferred_dates"),
        CheckConstraint(f"headcount BETWEEN 1 AND {MOST_PEOPLE}", name="headcount"),
        CheckConstraint(f"quoted_places BETWEEN 1 AND {MOST_PEOPLE}", name="quoted_places"),
        CheckConstraint("quoted_price_minor BETWEEN 0 AND 100000000", name="quoted_price"),
        CheckConstraint(
            "status <> 'quoted' OR (quoted_price_minor IS NOT NULL AND quoted_places IS NOT NULL)",
            name="quote",
        ),
        CheckConstraint("(quote_answer IS NULL) = (quote_answered_at IS NULL)", name="answered"),
        CheckConstraint("status <> 'rejected' OR rejection_reason IS NOT NULL", name="reason"),
        CheckConstraint(
            "(status IN ('confirmed', 'completed')) = (booking_id IS NOT NULL) "
            "AND (booking_id IS NULL) = (schedule_id IS NULL)",
            name="date_and_booking",
        ),
        Index("uq_corporate_requests_reference", "tenant_id", "reference", unique=True),
        # A form sent twice makes one request.
        Index("uq_corporate_requests_once_key", "tenant_id", "once_key", unique=True),
        Index("uq_corporate_requests_booking", "tenant_id", "booking_id", unique=True),
        Index("uq_corporate_requests_schedule", "tenant_id", "schedule_id", unique=True),
        Index("ix_corporate_requests_created", "tenant_id", "created_at", "id"),
        Index("ix_corporate_requests_status", "tenant_id", "status", "created_at", "id"),
        Index("ix_corporate_requests_email", "tenant_id", "email"),
        Index("ix_corporate_requests_company_name", "tenant_id", text("lower(company_name)")),
        Index("ix_corporate_requests_instructor", "tenant_id", "assigned_instructor_id", "status"),
        Index("ix_corporate_requests_course", "tenant_id", "course_id"),
        Index("ix_corporate_requests_company", "tenant_id", "company_id"),
        Index("ix_corporate_requests_responded_by", "tenant_id", "responded_by_id"),
    )

    reference: Mapped[str] = mapped_column(String(24))
    source: Mapped[str] = mapped_column(String(10), default="web", server_default="web")
    company_name: Mapped[str] = mapped_column(String(200))
    contact_person: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(500))
    course_id: Mapped[UUID | None]
    # Local days as "2026-03-03", the most wanted first.
    preferred_dates: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    preferred_time: Mapped[str | None] = mapped_column(String(100))
    location: Mapped[str | None] = mapped_column(String(300))
    headcount: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(String(5000))

    status: Mapped[str] = mapped_column(String(20), default="pending", server_default="pending")
    assigned_instructor_id: Mapped[UUID | None]
    admin_notes: Mapped[str | None] = mapped_column(String(5000))
    # The price of all places together, VAT included.
    quoted_price_minor: Mapped[int | None] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    quoted_places: Mapped[int | None]
    quote_number: Mapped[int] = mapped_column(default=0, server_default="0")
    quote_message: Mapped[str | None] = mapped_column(String(2000))
    quote_valid_until: Mapped[date | None]
    quoted_at: Mapped[datetime | None]
    quote_answer: Mapped[str | None] = mapped_column(String(10))
    quote_answered_at: Mapped[datetime | None]
    quote_answer_words: Mapped[str | None] = mapped_column(String(1000))
    rejection_reason: Mapped[str | None] = mapped_column(String(1000))
    responded_at: Mapped[datetime | None]
    responded_by_id: Mapped[UUID | None]
    company_id: Mapped[UUID | None]
    schedule_id: Mapped[UUID | None]
    booking_id: Mapped[UUID | None]
    once_key: Mapped[str | None] = mapped_column(String(80))

    course = to_one("Course", "CorporateRequest.course_id == Course.id")
    assigned_instructor = to_one("Instructor", "CorporateRequest.assigned_instructor_id == Instructor.id")
    responded_by = to_one("User", "CorporateRequest.responded_by_id == User.id")
    company = to_one("Company", "CorporateRequest.company_id == Company.id")
    schedule = to_one("Schedule", "CorporateRequest.schedule_id == Schedule.id")
    booking = to_one("Booking", "CorporateRequest.booking_id == Booking.id")

    @property
    def days(self) -> list[date]:
        """The preferred days, the most wanted first."""
        return [date.fromisoformat(day) for day in self.preferred_dates]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer it."""
        return self.status in OPEN

    def forget_answer(self) -> None:
        """What was said to an earlier quote counts no more; the history has it."""
        self.quote_answer = self.quote_answered_at = self.quote_answer_words = None

    def __str__(self) -> str:
        return self.reference
