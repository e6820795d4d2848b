"""One customer's order of n places on one schedule, with the contact as given that day."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    FetchedValue,
    Index,
    String,
    and_,
    bindparam,
    literal,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
from backoffice.sealing import Sealed

STATUSES = ("pending", "confirmed", "cancelled", "expired", "completed", "no_show")
LIVE = ("pending", "confirmed", "completed", "no_show")
METHODS = (
    "cash",
    "card_terminal",
    "bank_transfer",
    "payment_link",
    "account",
    "free",
    "stripe",
    "mpesa",
    "flutterwave",
    "credit",
)
SOURCES = ("phone", "web", "api", "import")
OPEN = ("pending", "confirmed")
OWING = ("unpaid", "part_paid", "failed")

# The partial indexes: their conditions, and what is sorted by.
UNNAMED = text("unnamed_places > 0 AND status IN ('pending', 'confirmed')")
UNPAID = text("payment_status IN ('unpaid', 'part_paid', 'failed') AND status IN ('pending', 'confirmed')")
ORDERS = {"booked": "booked_at", "starts": "starts_at", "reference": "reference"}

# What the ledger says, in one place that cannot be wrong; domain.booking_rules.payment_status is the same rule in Python.
PAYMENT_STATUS = """CASE
    WHEN refunded_minor > 0 AND refunded_minor >= paid_minor THEN 'refunded'
    WHEN refunded_minor > 0 THEN 'part_refunded'
    WHEN paid_minor >= total_minor THEN 'paid'
    WHEN paid_minor > 0 THEN 'part_paid'
    WHEN has_failed_payment THEN 'failed'
    ELSE 'unpaid' END"""


class Booking(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "bookings"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("customer_id", "users"),
        same_tenant_key("company_id", "companies"),
        same_tenant_key("booking_group_id", "booking_groups"),
        same_tenant_key("discount_code_id", "discount_codes"),
        same_tenant_key("discount_rule_id", "discount_rules"),
        same_tenant_key("placed_by_id", "users"),
        one_of("status", STATUSES, "status"),
        one_of("payment_method", METHODS, "payment_method"),
        one_of("source", SOURCES, "source"),
        CheckConstraint("seats >= 0", name="seats"),
        CheckConstraint("unnamed_places BETWEEN 0 AND seats", name="unnamed_places"),
        CheckConstraint("total_minor >= 0 AND discount_minor >= 0", name="amounts"),
        CheckConstraint("paid_minor >= 0 AND refunded_minor >= 0", name="paid"),
        CheckConstraint("refunded_minor <= paid_minor", name="refunded_within_paid"),
        CheckConstraint("contact_email = lower(contact_email)", name="contact_email_lower"),
        CheckConstraint("discount_code_id IS NULL OR discount_rule_id IS NULL", name="one_discount"),
        Index("uq_bookings_reference", "tenant_id", "reference", unique=True),
        Index("uq_bookings_idempotency_key", "tenant_id", "idempotency_key", unique=True),
        # A screen's first page of each sort and filter that it offers.
        Index("ix_bookings_booked", "tenant_id", "booked_at", "id"),
        Index("ix_bookings_starts", "tenant_id", "starts_at", "id"),
        Index("ix_bookings_status", "tenant_id", "status", "starts_at", "id"),
        Index("ix_bookings_payment_status", "tenant_id", "payment_status", "starts_at", "id"),
        Index("ix_bookings_source", "tenant_id", "source", "booked_at", "id"),
        Index("ix_bookings_customer", "tenant_id", "customer_id", "booked_at"),
        Index("ix_bookings_schedule", "tenant_id", "schedule_id", "status"),
        Index("ix_bookings_company", "tenant_id", "company_id"),
        Index("ix_bookings_group", "tenant_id", "booking_group_id"),
        Index("ix_bookings_discount_code", "tenant_id", "discount_code_id"),
        Index("ix_bookings_discount_rule", "tenant_id", "discount_rule_id"),
        Index("ix_bookings_placed_by", "tenant_id", "placed_by_id"),
        Index("ix_bookings_contact_email", "tenant_id", "contact_email"),
        # The job that gives the places of an ended hold back.
        Index(
            "ix_bookings_holds",
            "hold_expires_at",
            postgresql_where=text("status = 'pending' AND hold_expires_at IS NOT NULL"),
        ),
        # What the office chases before each date, in each order of the list.
        *(
            Index(f"ix_bookings_unnamed_{name}", "tenant_id", column, "id", postgresql_where=UNNAMED)
            for name, column in ORDERS.items()
        ),
        *(
            Index(
                f"ix_bookings_unpaid_{name}",
                "tenant_id",
                column,
                "id",
                postgresql_include=[] if column == "starts_at" else ["starts_at"],
                postgresql_where=UNPAID,
            )
            for name, column in ORDERS.items()
        ),
        # The revenue reports.
        Index(
            "ix_bookings_revenue",
            "tenant_id",
            "booked_at",
            "total_minor",
            postgresql_where=text("payment_status = 'paid'"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(24))
    schedule_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    company_id: Mapped[UUID | None]
    booking_group_id: Mapped[UUID | None]
    contact_first_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    contact_last_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_phone: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    payment_method: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(10))
    currency: Mapped[str] = mapped_column(String(3))
    # The sums of the attendees' and the ledger's lines: triggers write them, the program cannot.
    seats: Mapped[int] = mapped_column(FetchedValue(), server_default="0")
    unnamed_places: Mapped[int] = mapped_column(FetchedValue(), server_default="0")
    total_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")
    discount_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")
    paid_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")
    refunded_minor: Mapped[int] = mapped_column(Minor, FetchedValue(), server_default="0")
    has_failed_payment: Mapped[bool] = mapped_column(FetchedValue(), server_default="false")
    payment_status: Mapped[str] = mapped_column(String(20), Computed(PAYMENT_STATUS, persisted=True))
    discount_code_id: Mapped[UUID | None]
    discount_rule_id: Mapped[UUID | None]
    adjustment_reason: Mapped[str | None] = mapped_column(String(500))
    purchase_order: Mapped[str | None] = mapped_column(String(60))
    # What a booker on the web has typed; nobody has looked yet whether it is that company.
    company_named: Mapped[str | None] = mapped_column(String(200))
    requirements_sealed: Mapped[str | None] = mapped_column(String(8000))
    notes: Mapped[str | None] = mapped_column(String(2000))
    override_reason: Mapped[str | None] = mapped_column(String(500))
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    # When the date begins: copied by trigger, so that a million bookings sort by it from one index.
    starts_at: Mapped[datetime] = mapped_column(FetchedValue(), nullable=False)
    booked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    hold_expires_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(String(500))
    placed_by_id: Mapped[UUID | None]
    # How often its calendar entry changed (iCalendar SEQUENCE).
    calendar_sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    special_requirements = Sealed("requirements_sealed")
    schedule = to_one("Schedule", "Booking.schedule_id == Schedule.id")
    customer = to_one("User", "Booking.customer_id == User.id")
    company = to_one("Company", "Booking.company_id == Company.id")
    booking_group = to_one("BookingGroup", "Booking.booking_group_id == BookingGroup.id")
    discount_code = to_one("DiscountCode", "Booking.discount_code_id == DiscountCode.id")
    discount_rule = to_one("DiscountRule", "Booking.discount_rule_id == DiscountRule.id")
    placed_by = to_one("User", "Booking.placed_by_id == User.id")
    attendees = to_many("Attendee", "Booking.id == Attendee.booking_id", order_by="Attendee.position")
    allocations = to_many("Allocation", "Booking.id == Allocation.booking_id", viewonly=True)
    refunds = to_many("Refund", "Booking.id == Refund.booking_id", viewonly=True)
    messages = to_many("Message", "Booking.id == Message.booking_id", viewonly=True)
    # What its customer has in its currency.
    credit = relationship(
        "CreditBalance",
        primaryjoin="and_(foreign(Booking.customer_id) == CreditBalance.customer_id, "
        "Booking.currency == CreditBalance.currency)",
        viewonly=True,
        uselist=False,
    )

    @classmethod
    def lacks_names(cls) -> ColumnElement[bool]:
        """Still to come, and a place of it has no name."""
        return and_(cls.unnamed_places > literal(0, literal_execute=True), cls._is_one_of(cls.status, OPEN))

    @classmethod
    def awaits_money(cls) -> ColumnElement[bool]:
        """Still to come, and not paid in full."""
        return and_(cls._is_one_of(cls.payment_status, OWING), cls._is_one_of(cls.status, OPEN))

    @staticmethod
    def _is_one_of(column: Any, words: tuple[str, ...]) -> ColumnElement[bool]:
        """Written out, not bound: the planner must see that a partial index holds these rows."""
        found: ColumnElement[bool] = column.in_(bindparam(None, words, expanding=True, literal_execute=True))
        return found

    @property
    def contact_name(self) -> str:
        return f"{self.contact_first_name} {self.contact_last_name}".strip()

    @property
    def is_live(self) -> bool:
        """Whether it holds places."""
        return self.status in LIVE

    @property
    def due_minor(self) -> int:
        """What is still to be paid; below zero: what was paid too much."""
        owed = self.total_minor if self.is_live else 0
        return owed - self.paid_minor + self.refunded_minor

    @property
    def payable_minor(self) -> int:
        """What a payment may still pay; an expired one too, since its places can be taken again."""
        if self.status == "cancelled":
            return 0
        return max(self.total_minor - self.paid_minor + self.refunded_minor, 0)

    @property
    def active_attendees(self) -> list:
        return [attendee for attendee in self.attendees if attendee.cancelled_at is None]

    def __str__(self) -> str:
        return self.reference
