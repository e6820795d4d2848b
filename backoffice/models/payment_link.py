"""A link of ours that leads whoever has it to pay one booking, or one group of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Minor, Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one
from backoffice.sealing import Sealed


class PaymentLink(TenantOwned, Timestamps, Model):
    __tablename__ = "payment_links"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("booking_group_id", "booking_groups"),
        same_tenant_key("created_by_id", "users"),
        CheckConstraint("(booking_id IS NULL) <> (booking_group_id IS NULL)", name="one_subject"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("uq_payment_links_token", "tenant_id", "token_digest", unique=True),
        # One living link for each booking and each group.
        Index(
            "uq_payment_links_booking",
            "tenant_id",
            "booking_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_payment_links_group",
            "tenant_id",
            "booking_group_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_payment_links_booking", "tenant_id", "booking_id"),
        Index("ix_payment_links_group", "tenant_id", "booking_group_id"),
        Index("ix_payment_links_created_by", "tenant_id", "created_by_id"),
    )

    booking_id: Mapped[UUID | None]
    booking_group_id: Mapped[UUID | None]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Kept as well, sealed: the clerk copies the same link again, and the mail is written when it is sent.
    token_sealed: Mapped[str] = mapped_column(String(500))
    # A deposit: asks until so much is paid; NULL: whatever is due when it is opened.
    amount_minor: Mapped[int | None] = mapped_column(Minor)
    created_by_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]

    token = Sealed("token_sealed")
    booking = to_one("Booking", "PaymentLink.booking_id == Booking.id")
    booking_group = to_one("BookingGroup", "PaymentLink.booking_group_id == BookingGroup.id")
    created_by = to_one("User", "PaymentLink.created_by_id == User.id")
