"""Anybody with a record: staff and customers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
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

ROLES = ("admin", "office", "manager", "instructor", "customer", "operator")


class User(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "users"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("company_id", "companies"),
        one_of("role", ROLES, "role"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("role = 'customer' OR email IS NOT NULL", name="staff_email"),
        Index("uq_users_email", "tenant_id", "email", unique=True),
        Index("ix_users_role", "tenant_id", "role", "last_name", "first_name", "id"),
        Index("ix_users_name", "tenant_id", "last_name", "first_name", "id"),
        Index("ix_users_created", "tenant_id", "created_at", "id"),
        Index("ix_users_phone", "tenant_id", "phone"),
        Index("ix_users_company", "tenant_id", "company_id"),
    )

    role: Mapped[str] = mapped_column(String(20), default="customer", server_default="customer")
    email: Mapped[str | None] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    last_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    company_id: Mapped[UUID | None]
    password_hash: Mapped[str | None] = mapped_column(String(200))
    email_verified_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    last_sign_in_at: Mapped[datetime | None]
    last_sign_in_address: Mapped[str | None] = mapped_column(String(45))
    archived_at: Mapped[datetime | None]
    # Part of the secret address of their own calendar; NULL: they have none.
    calendar_key: Mapped[UUID | None]

    company = to_one("Company", "User.company_id == Company.id")
    notes = to_many("UserNote", "User.id == UserNote.user_id", order_by="UserNote.created_at.desc()")

    @property
    def name(self) -> str:
        """The name as people say it; the address where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or "no name"

    @property
    def is_staff(self) -> bool:
        return self.role != "customer"

    def __str__(self) -> str:
        return self.name
