"""Money in, how much of it pays which booking, and the history of each payment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, String, text
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

STATUSES = ("pending", "processing", "succeeded", "failed", "cancelled")
METHODS = ("cash", "bank_transfer", "card_terminal", "invoice", "stripe", "mpesa", "flutterwave", "credit")


class Payment(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "payments"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("customer_id", "users"),
        same_tenant_key("company_id", "companies"),
        same_tenant_key("booking_group_id", "booking_groups"),
        same_tenant_key("taken_by_id", "users"),
        same_tenant_key("gateway_account_id", "gateway_accounts"),
        one_of("status", STATUSES, "status"),
        one_of("method", METHODS, "method"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "allocated_minor >= 0 AND allocated_minor <= amount_minor", name="allocated_within_amount"
        ),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor", name="refunded_within_amount"
        ),
        CheckConstraint("fee_minor >= 0", name="fee"),
        Index("uq_payments_reference", "tenant_id", "reference", unique=True),
        Index("uq_payments_idempotency_key", "tenant_id", "idempotency_key", unique=True),
        Index("ix_payments_paid", "tenant_id", "paid_at", "id"),
        Index("ix_payments_status", "tenant_id", "status", "paid_at"),
        Index("ix_payments_method", "tenant_id", "method", "paid_at"),
        Index("ix_payments_created", "tenant_id", "created_at", "id"),
        Index("ix_payments_customer", "tenant_id", "customer_id", "paid_at"),
        Index("ix_payments_company", "tenant_id", "company_id"),
        Index("ix_payments_group", "tenant_id", "booking_group_id"),
        Index("ix_payments_taken_by", "tenant_id", "taken_by_id"),
        # What the gateway calls it: the same thing there is never two payments here.
        Index(
            "uq_payments_gateway_reference",
            "tenant_id",
            "gateway_account_id",
            "gateway_reference",
            unique=True,
        ),
        Index(
            "uq_payments_gateway_payment",
            "tenant_id",
            "gateway_account_id",
            "gateway_payment_id",
            unique=True,
        ),
        Index("ix_payments_charge", "tenant_id", "gateway_charge_id"),
        # Those that the gateway is asked about: its own word may never come, and an early one names no fee.
        Index(
            "ix_payments_due",
            "next_check_at",
            postgresql_where=text(
                "status IN ('pending', 'processing', 'succeeded') AND next_check_at IS NOT NULL"
            ),
        ),
        Index(
            "ix_payments_unallocated",
            "tenant_id",
            "customer_id",
            postgresql_where=text("status = 'succeeded' AND allocated_minor < amount_minor"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    booking_group_id: Mapped[UUID | None]
    method: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(Minor)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20))
    paid_at: Mapped[datetime | None]
    # The payer's own: a receipt, a line of the bank statement, an invoice number.
    payer_reference: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str | None] = mapped_column(String(500))
    failure_reason: Mapped[str | None] = mapped_column(String(500))
    taken_by_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    is_imported: Mapped[bool] = mapped_column(default=False, server_default="false")
    gateway_account_id: Mapped[UUID | None]
    # The attempt (checkout session, prompt), the payment and the charge, each as the gateway calls it.
    gateway_reference: Mapped[str | None] = mapped_column(String(200))
    gateway_payment_id: Mapped[str | None] = mapped_column(String(200))
    gateway_charge_id: Mapped[str | None] = mapped_column(String(200))
    checkout_url: Mapped[str | None] = mapped_column(String(2000))
    # Until when this attempt can be paid.
    ends_at: Mapped[datetime | None]
    fee_minor: Mapped[int | None] = mapped_column(Minor)
    next_check_at: Mapped[datetime | None]
    checks: Mapped[int] = mapped_column(default=0, server_default="0")
    # The sums of its allocations and of its refunds from approval on: triggers write them, the program cannot.
    allocated_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")
    refunded_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")

    customer = to_one("User", "Payment.customer_id == User.id")
    company = to_one("Company", "Payment.company_id == Company.id")
    gateway_account = to_one("GatewayAccount", "Payment.gateway_account_id == GatewayAccount.id")
    taken_by = to_one("User", "Payment.taken_by_id == User.id")
    allocations = to_many("Allocation", "Payment.id == Allocation.payment_id", viewonly=True)
    refunds = to_many("Refund", "Payment.id == Refund.payment_id", viewonly=True)
    events = to_many(
        "PaymentEvent", "Payment.id == PaymentEvent.payment_id", order_by="PaymentEvent.id", viewonly=True
    )

    @property
    def unallocated_minor(self) -> int:
        return self.amount_minor - self.allocated_minor

    @property
    def refundable_minor(self) -> int:
        return self.amount_minor - self.refunded_minor

    def __str__(self) -> str:
        return self.reference


class Allocation(TenantOwned, Timestamps, Model):
    __tablename__ = "allocations"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("payment_id", "payments"),
        same_tenant_key("booking_id", "bookings"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("uq_allocations_pair", "tenant_id", "payment_id", "booking_id", unique=True),
        Index("ix_allocations_booking", "tenant_id", "booking_id"),
    )

    payment_id: Mapped[UUID]
    booking_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(Minor)

    payment = to_one("Payment", "Allocation.payment_id == Payment.id")
    booking = to_one("Booking", "Allocation.booking_id == Booking.id")


class PaymentEvent(TenantOwned, Model):
    """One line of a payment's history; append-only."""

    __tablename__ = "payment_events"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("payment_id", "payments"),
        same_tenant_key("refund_id", "refunds"),
        Index("ix_payment_events_payment", "tenant_id", "payment_id", "id"),
        Index("ix_payment_events_refund", "tenant_id", "refund_id"),
    )

    payment_id: Mapped[UUID]
    refund_id: Mapped[UUID | None]
    happened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    kind: Mapped[str] = mapped_column(String(40))
    old_status: Mapped[str | None] = mapped_column(String(20))
    new_status: Mapped[str | None] = mapped_column(String(20))
    amount_minor: Mapped[int | None] = mapped_column(Minor)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
