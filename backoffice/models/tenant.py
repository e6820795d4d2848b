"""A training provider that uses this installation, and the host names that lead to it."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Minor, Model, Timestamps, Versioned, new_id
from backoffice.domain.own_changes import NAME_CHANGE_HOURS


class Tenant(Timestamps, Versioned, Model):
    __tablename__ = "tenants"
    __table_args__ = (
        Index("uq_tenants_slug", "slug", unique=True),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,38}$'", name="slug"),
        CheckConstraint("reference_prefix ~ '^[A-Z]{2,6}$'", name="reference_prefix"),
        CheckConstraint("smallest_unit_minor > 0", name="smallest_unit"),
        CheckConstraint("hold_days BETWEEN 0 AND 60", name="hold_days"),
        CheckConstraint("vat_rate_bp BETWEEN 0 AND 10000", name="vat_rate"),
        CheckConstraint("refund_limit_minor >= 0", name="refund_limit"),
    )
    __mapper_args__ = {"version_id_col": Versioned.version}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-2)
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    reference_prefix: Mapped[str] = mapped_column(String(6))
    currency: Mapped[str] = mapped_column(String(3))
    smallest_unit_minor: Mapped[int] = mapped_column(Minor, default=1, server_default="1")
    time_zone: Mapped[str] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2))
    vat_rate_bp: Mapped[int] = mapped_column(default=0, server_default="0")
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    website: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(500))
    bank_details: Mapped[str | None] = mapped_column(String(1000))
    hold_days: Mapped[int] = mapped_column(default=3, server_default="3")
    # Above this a second person approves a refund; NULL: nobody has to.
    refund_limit_minor: Mapped[int | None] = mapped_column(Minor)
    plan: Mapped[str] = mapped_column(String(40), default="standard", server_default="standard")
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    @property
    def name_change_hours(self) -> int:
        """How long before the start who booked may still change a name."""
        hours = self.settings.get("name_change_hours")
        return hours if isinstance(hours, int) else NAME_CHANGE_HOURS

    @name_change_hours.setter
    def name_change_hours(self, hours: int) -> None:
        self.settings = self.settings | {"name_change_hours": hours}

    def __str__(self) -> str:
        return self.name


class TenantDomain(Timestamps, Model):
    """A host name and the tenant it shows; read before any scope exists."""

    __tablename__ = "tenant_domains"
    __table_args__ = (
        CheckConstraint("host = lower(host)", name="host_lower"),
        Index("uq_tenant_domains_primary", "tenant_id", unique=True, postgresql_where=text("is_primary")),
    )

    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="RESTRICT"), index=True)
    # The address that mails and documents use.
    is_primary: Mapped[bool] = mapped_column(default=False, server_default="false")
