"""What customers have with the provider instead of money back: entries that are only added to, and their sums."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Minor, Model, TenantOwned, one_of, same_tenant_key, tenant_key, to_one

# from_refund: kept instead of money back; used: paid a booking; adjusted: corrected by a person; expired: lapsed.
KINDS = ("from_refund", "used", "adjusted", "expired")


class CreditEntry(TenantOwned, Model):
    """One line of a customer's credit; append-only. What was used is below zero."""

    __tablename__ = "credit_entries"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("customer_id", "users"),
        same_tenant_key("payment_id", "payments"),
        same_tenant_key("refund_id", "refunds"),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("made_by_id", "users"),
        one_of("kind", KINDS, "kind"),
        CheckConstraint(
            "CASE kind WHEN 'from_refund' THEN amount_minor > 0 WHEN 'adjusted' THEN amount_minor <> 0 "
            "ELSE amount_minor < 0 END",
            name="sign",
        ),
        CheckConstraint("(kind = 'from_refund') = (refund_id IS NOT NULL)", name="refund"),
        CheckConstraint("(kind = 'used') = (payment_id IS NOT NULL)", name="payment"),
        Index("uq_credit_entries_refund", "tenant_id", "refund_id", unique=True),
        Index("uq_credit_entries_payment", "tenant_id", "payment_id", unique=True),
        Index("ix_credit_entries_customer", "tenant_id", "customer_id", "id"),
        Index("ix_credit_entries_booking", "tenant_id", "booking_id"),
        Index("ix_credit_entries_made_by", "tenant_id", "made_by_id"),
        Index("ix_credit_entries_happened", "tenant_id", "happened_at", "id"),
    )

    customer_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(Minor)
    kind: Mapped[str] = mapped_column(String(20))
    payment_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    booking_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    made_by_id: Mapped[UUID | None]
    happened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    customer = to_one("User", "CreditEntry.customer_id == User.id")
    payment = to_one("Payment", "CreditEntry.payment_id == Payment.id")
    refund = to_one("Refund", "CreditEntry.refund_id == Refund.id")
    booking = to_one("Booking", "CreditEntry.booking_id == Booking.id")
    made_by = to_one("User", "CreditEntry.made_by_id == User.id")


class CreditBalance(TenantOwned, Model):
    """The sum of a customer's entries in one currency: a trigger writes it, the program cannot."""

    __tablename__ = "credit_balances"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("customer_id", "users"),
        CheckConstraint("balance_minor >= 0", name="covered"),
        Index("uq_credit_balances_customer", "tenant_id", "customer_id", "currency", unique=True),
    )

    customer_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int] = mapped_column(Minor)

    customer = to_one("User", "CreditBalance.customer_id == User.id")
