"""One step of a visit to the public site, without a word of who it was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, one_of, same_tenant_key, tenant_key
from backoffice.domain.visits import DEVICES, STEPS


class AnalyticsEvent(TenantOwned, Model):
    """`visit` tells the visits of one day apart and cannot be followed into the next; `address` is shortened."""

    __tablename__ = "analytics_events"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("booking_id", "bookings"),
        one_of("event_type", tuple(STEPS), "event_type"),
        one_of("device_type", DEVICES, "device_type"),
        Index("ix_analytics_events_type", "tenant_id", "event_type", "occurred_at"),
        Index("ix_analytics_events_visit", "tenant_id", "visit"),
        Index("ix_analytics_events_occurred", "tenant_id", "occurred_at"),
        Index("ix_analytics_events_page", "tenant_id", "page"),
        Index("ix_analytics_events_course", "tenant_id", "course_id"),
        Index("ix_analytics_events_schedule", "tenant_id", "schedule_id"),
        Index("ix_analytics_events_booking", "tenant_id", "booking_id"),
    )

    event_type: Mapped[str] = mapped_column(String(30))
    visit: Mapped[bytes] = mapped_column(LargeBinary(16))
    occurred_at: Mapped[datetime]
    page: Mapped[str] = mapped_column(String(200))
    referrer: Mapped[str | None] = mapped_column(String(253))
    address: Mapped[str | None] = mapped_column(String(45))
    device_type: Mapped[str] = mapped_column(String(10))
    browser: Mapped[str | None] = mapped_column(String(60))
    course_id: Mapped[UUID | None]
    schedule_id: Mapped[UUID | None]
    booking_id: Mapped[UUID | None]
