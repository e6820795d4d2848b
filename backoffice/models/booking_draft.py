"""What a visitor has typed into the booking pages, and the hold that came of it: kept through back, reload and expiry."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one
from backoffice.sealing import Sealed

LONGEST_SEALED = 700_000


class BookingDraft(TenantOwned, Timestamps, Model):
    """One per browser and date; its id is in the signed cookie and nowhere else."""

    __tablename__ = "booking_drafts"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("booking_id", "bookings"),
        CheckConstraint("revision >= 0", name="revision"),
        CheckConstraint("accepted_at IS NULL OR booking_id IS NOT NULL", name="accepted"),
        Index("uq_booking_drafts_booking", "tenant_id", "booking_id", unique=True),
        # What one address holds of a date.
        Index("ix_booking_drafts_address", "tenant_id", "schedule_id", "address_digest"),
        # What nobody needs any more.
        Index("ix_booking_drafts_updated", "tenant_id", "updated_at"),
    )

    schedule_id: Mapped[UUID]
    # The hold that came of it; a new one takes its place when something is changed.
    booking_id: Mapped[UUID | None]
    typed_sealed: Mapped[str] = mapped_column(String(LONGEST_SEALED))
    # How many holds were asked for with it: part of their idempotency keys.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    # What was typed when the places were held; the same again is the same booking.
    held_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    accepted_at: Mapped[datetime | None]
    # Of the network that asks, keyed: it tells one visitor from another, and nobody where they are.
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    typed = Sealed("typed_sealed")
    schedule = to_one("Schedule", "BookingDraft.schedule_id == Schedule.id")
    booking = to_one("Booking", "BookingDraft.booking_id == Booking.id")
