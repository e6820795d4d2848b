"""Several bookings of one company under one payment."""

from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_many, to_one


class BookingGroup(TenantOwned, Timestamps, Model):
    __tablename__ = "booking_groups"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("company_id", "companies"),
        same_tenant_key("customer_id", "users"),
        Index("uq_booking_groups_reference", "tenant_id", "reference", unique=True),
        Index("ix_booking_groups_company", "tenant_id", "company_id"),
        Index("ix_booking_groups_customer", "tenant_id", "customer_id"),
    )

    reference: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(String(200))
    company_id: Mapped[UUID | None]
    customer_id: Mapped[UUID]
    purchase_order: Mapped[str | None] = mapped_column(String(60))

    company = to_one("Company", "BookingGroup.company_id == Company.id")
    customer = to_one("User", "BookingGroup.customer_id == User.id")
    bookings = to_many("Booking", "BookingGroup.id == Booking.booking_group_id", viewonly=True)

    def __str__(self) -> str:
        return self.reference
