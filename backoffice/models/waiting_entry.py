"""A party that waits for places on full dates of one course, and the dates that it would take."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_many,
    to_one,
)
from backoffice.sealing import Sealed

STATUSES = ("waiting", "offered", "accepted", "left", "ended")
DATE_STATUSES = ("waiting", "offered", "accepted", "declined", "lapsed", "ended")
OPEN = ("waiting", "offered")
SOURCES = ("web", "phone")
MOST_PLACES = 100

IS_WAITING = text("status = 'waiting'")
IS_OFFERED = text("status = 'offered'")
IS_OPEN = text("status IN ('waiting', 'offered')")


class WaitingEntry(TenantOwned, Timestamps, Model):
    """One party. What becomes of it follows its dates and their bookings by trigger, whoever changes those."""

    __tablename__ = "waiting_entries"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("customer_id", "users"),
        same_tenant_key("added_by_id", "users"),
        one_of("status", STATUSES, "status"),
        one_of("source", SOURCES, "source"),
        CheckConstraint(f"places BETWEEN 1 AND {MOST_PLACES}", name="places"),
        CheckConstraint("contact_email = lower(contact_email)", name="contact_email_lower"),
        CheckConstraint("contact_email IS NOT NULL OR contact_phone IS NOT NULL", name="reachable"),
        Index("uq_waiting_entries_token", "tenant_id", "token_digest", unique=True),
        Index("ix_waiting_entries_course", "tenant_id", "course_id"),
        Index("ix_waiting_entries_customer", "tenant_id", "customer_id"),
        Index("ix_waiting_entries_added_by", "tenant_id", "added_by_id"),
        # How many one address has open.
        Index("ix_waiting_entries_email", "tenant_id", "contact_email", postgresql_where=IS_OPEN),
    )

    course_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    contact_first_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    contact_last_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_phone: Mapped[str | None] = mapped_column(String(20))
    places: Mapped[int]
    source: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20), default="waiting", server_default="waiting")
    # Its turn: the clock of the database, so that two web servers agree.
    joined_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Kept as well, sealed: each mail carries the same link, and mails are written when they are sent.
    token_sealed: Mapped[str] = mapped_column(String(500))
    added_by_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(500))

    token = Sealed("token_sealed")
    course = to_one("Course", "WaitingEntry.course_id == Course.id")
    customer = to_one("User", "WaitingEntry.customer_id == User.id")
    added_by = to_one("User", "WaitingEntry.added_by_id == User.id")
    dates = to_many("WaitingEntryDate", "WaitingEntry.id == WaitingEntryDate.entry_id")

    @property
    def contact_name(self) -> str:
        return f"{self.contact_first_name} {self.contact_last_name}".strip()

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def __str__(self) -> str:
        return f"{self.contact_name}, {self.places} place{'' if self.places == 1 else 's'}"


class WaitingEntryDate(TenantOwned, Timestamps, Model):
    """One date that a party would take; an offer is a pending booking that is held for it."""

    __tablename__ = "waiting_entry_dates"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("entry_id", "waiting_entries"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("booking_id", "bookings"),
        one_of("status", DATE_STATUSES, "status"),
        CheckConstraint("status IN ('waiting', 'ended') OR booking_id IS NOT NULL", name="offered_booking"),
        CheckConstraint("(booking_id IS NULL) = (offered_at IS NULL)", name="offered_at"),
        Index("uq_waiting_entry_dates_pair", "tenant_id", "entry_id", "schedule_id", unique=True),
        # One offer at a time, whatever runs at once.
        Index(
            "uq_waiting_entry_dates_offer", "tenant_id", "entry_id", unique=True, postgresql_where=IS_OFFERED
        ),
        Index("uq_waiting_entry_dates_booking", "tenant_id", "booking_id", unique=True),
        # One turn on each date for one address.
        Index(
            "uq_waiting_entry_dates_address",
            "tenant_id",
            "schedule_id",
            "contact_email",
            unique=True,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_waiting_entry_dates_schedule", "tenant_id", "schedule_id", "status"),
        # Whether somebody waits for a date: asked by the public pages, and before a visitor's booking.
        Index("ix_waiting_entry_dates_waiting", "tenant_id", "schedule_id", postgresql_where=IS_WAITING),
    )

    entry_id: Mapped[UUID]
    schedule_id: Mapped[UUID]
    # Copied from the entry: what makes an address wait once is held on this table.
    contact_email: Mapped[str | None] = mapped_column(String(254))
    status: Mapped[str] = mapped_column(String(20), default="waiting", server_default="waiting")
    booking_id: Mapped[UUID | None]
    offered_at: Mapped[datetime | None]

    entry = to_one("WaitingEntry", "WaitingEntryDate.entry_id == WaitingEntry.id", overlaps="dates")
    schedule = to_one("Schedule", "WaitingEntryDate.schedule_id == Schedule.id")
    booking = to_one("Booking", "WaitingEntryDate.booking_id == Booking.id")
