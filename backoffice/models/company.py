"""An employer that books for its people."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, Versioned, tenant_key


class Company(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "companies"
    __table_args__ = (
        tenant_key(),
        Index("uq_companies_name", "tenant_id", text("lower(name)"), unique=True),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        CheckConstraint("payment_days BETWEEN 0 AND 365", name="payment_days"),
    )

    name: Mapped[str] = mapped_column(String(200))
    billing_email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(500))
    has_terms: Mapped[bool] = mapped_column(default=False, server_default="false")
    needs_purchase_order: Mapped[bool] = mapped_column(default=False, server_default="false")
    payment_days: Mapped[int] = mapped_column(default=30, server_default="30")
    archived_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.name
