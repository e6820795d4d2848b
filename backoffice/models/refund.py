"""Money back, full or part, with its own status."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, func, text
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

# Before a dispute's name, where its loss stands as a refund.
BY_DISPUTE = "dispute:"
# How the money goes back: through the gateway it came by, paid out by hand, or kept as the customer's credit.
ROUTES = ("gateway", "hand", "credit")
STATUSES = ("requested", "approved", "declined", "processing", "succeeded", "failed")


class Refund(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "refunds"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("payment_id", "payments"),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("attendee_id", "attendees"),
        same_tenant_key("requested_by_id", "users"),
        same_tenant_key("approved_by_id", "users"),
        same_tenant_key("executed_by_id", "users"),
        same_tenant_key("acknowledged_by_id", "users"),
        one_of("status", STATUSES, "status"),
        one_of("route", ROUTES, "route"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        Index("uq_refunds_reference", "tenant_id", "reference", unique=True),
        Index("uq_refunds_idempotency_key", "tenant_id", "idempotency_key", unique=True),
        Index("ix_refunds_payment", "tenant_id", "payment_id"),
        Index("ix_refunds_booking", "tenant_id", "booking_id"),
        Index("ix_refunds_attendee", "tenant_id", "attendee_id"),
        Index("ix_refunds_status", "tenant_id", "status", "requested_at", "id"),
        Index("ix_refunds_gateway_refund", "tenant_id", "gateway_refund_id"),
        # Those on their way through a gateway, which is asked until it has answered.
        Index(
            "ix_refunds_due",
            "next_check_at",
            postgresql_where=text("status = 'processing' AND next_check_at IS NOT NULL"),
        ),
        Index(
            "ix_refunds_external",
            "tenant_id",
            "succeeded_at",
            postgresql_where=text("is_external AND acknowledged_at IS NULL"),
        ),
        Index("ix_refunds_acknowledged_by", "tenant_id", "acknowledged_by_id"),
        Index("ix_refunds_succeeded", "tenant_id", "succeeded_at", "id"),
        Index("ix_refunds_requested_by", "tenant_id", "requested_by_id"),
        Index("ix_refunds_approved_by", "tenant_id", "approved_by_id"),
        Index("ix_refunds_executed_by", "tenant_id", "executed_by_id"),
    )

    reference: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[UUID]
    booking_id: Mapped[UUID | None]
    attendee_id: Mapped[UUID | None]
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    requested_by_id: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    approved_by_id: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    executed_by_id: Mapped[UUID | None]
    succeeded_at: Mapped[datetime | None]
    # The proof that the money left: a bank reference, a terminal's slip.
    receipt: Mapped[str | None] = mapped_column(String(100))
    # Why more was given back than the course's rules say.
    override_reason: Mapped[str | None] = mapped_column(String(500))
    failure_reason: Mapped[str | None] = mapped_column(String(500))
    idempotency_key: Mapped[str | None] = mapped_column(String(80))

    route: Mapped[str] = mapped_column(String(10), default="hand", server_default="hand")
    gateway_refund_id: Mapped[str | None] = mapped_column(String(200))
    # Made in the gateway's own dashboard: somebody here has to say that it is right.
    is_external: Mapped[bool] = mapped_column(default=False, server_default="false")
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[UUID | None]
    next_check_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(default=0, server_default="0")

    payment = to_one("Payment", "Refund.payment_id == Payment.id")
    booking = to_one("Booking", "Refund.booking_id == Booking.id")
    attendee = to_one("Attendee", "Refund.attendee_id == Attendee.id")
    requested_by = to_one("User", "Refund.requested_by_id == User.id")
    approved_by = to_one("User", "Refund.approved_by_id == User.id")
    executed_by = to_one("User", "Refund.executed_by_id == User.id")
    acknowledged_by = to_one("User", "Refund.acknowledged_by_id == User.id")

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def is_by_dispute(cls) -> ColumnElement[bool]:
        """Whether the bank took the money by a dispute: gateways keep that apart from refunds."""
        return func.coalesce(cls.gateway_refund_id, "").startswith(BY_DISPUTE)
