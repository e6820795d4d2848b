"""One place of a booking; the name may come later."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Minor,
    Model,
    TenantOwned,
    Timestamps,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.sealing import Sealed


class Attendee(TenantOwned, Timestamps, Model):
    __tablename__ = "attendees"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("user_id", "users"),
        CheckConstraint("position BETWEEN 1 AND 1000", name="position"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("discount_minor BETWEEN 0 AND price_minor", name="discount"),
        CheckConstraint("price_minor - discount_minor + adjustment_minor >= 0", name="net"),
        CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name="vat_rate"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("uq_attendees_position", "tenant_id", "booking_id", "position", unique=True),
        # The same proved person twice on a date; two people may share a name, so names are only warned about.
        Index(
            "uq_attendees_person_schedule",
            "tenant_id",
            "schedule_id",
            "user_id",
            unique=True,
            postgresql_where=text("user_id IS NOT NULL AND holds_place"),
        ),
        Index("ix_attendees_schedule", "tenant_id", "schedule_id"),
        Index("ix_attendees_user", "tenant_id", "user_id"),
        Index("ix_attendees_email", "tenant_id", "email"),
    )

    booking_id: Mapped[UUID]
    # Copied from the booking, and kept by trigger when it moves.
    schedule_id: Mapped[UUID]
    position: Mapped[int]
    first_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    last_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    birth_date_sealed: Mapped[str | None] = mapped_column(String(400))
    requirements_sealed: Mapped[str | None] = mapped_column(String(8000))
    user_id: Mapped[UUID | None]
    price_minor: Mapped[int] = mapped_column(Minor)
    discount_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    # The difference that a move at the old price leaves against the new date's price.
    adjustment_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    vat_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))
    # When somebody said that this attendee brings and holds what the course asks for.
    prerequisites_at: Mapped[datetime | None]
    # Active, and the booking lives: written by trigger.
    holds_place: Mapped[bool] = mapped_column(FetchedValue(), server_default="true")

    birth_date = Sealed("birth_date_sealed")
    requirements = Sealed("requirements_sealed")
    booking = to_one("Booking", "Attendee.booking_id == Booking.id", overlaps="attendees")
    user = to_one("User", "Attendee.user_id == User.id")

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def net_minor(self) -> int:
        """What this place costs, VAT included."""
        return self.price_minor - self.discount_minor + self.adjustment_minor

    def __str__(self) -> str:
        return self.name or f"Place {self.position}, name to follow"
