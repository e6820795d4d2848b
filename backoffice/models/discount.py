"""Discount codes that a customer names, and rules that apply by themselves."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, String
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


class DiscountCode(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "discount_codes"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_type_id", "course_types"),
        one_of("kind", ("percentage", "fixed"), "kind"),
        CheckConstraint("code = upper(code) AND length(code) BETWEEN 1 AND 50", name="code"),
        CheckConstraint("value > 0 AND (kind = 'fixed' OR value <= 10000)", name="value"),
        CheckConstraint("minimum_minor >= 0", name="minimum"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        CheckConstraint("usage_limit > 0", name="usage_limit"),
        CheckConstraint("times_used >= 0 AND times_used <= usage_limit", name="within_limit"),
        Index("uq_discount_codes_code", "tenant_id", "code", unique=True),
        Index("ix_discount_codes_type", "tenant_id", "course_type_id"),
        Index("ix_discount_codes_validity", "tenant_id", "is_active", "valid_from", "valid_until"),
    )

    code: Mapped[str] = mapped_column(String(50))
    description: Mapped[str | None] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(20))
    # Basis points of a percentage (1000 = 10 %), minor units of a fixed amount.
    value: Mapped[int] = mapped_column(Minor)
    minimum_minor: Mapped[int | None] = mapped_column(Minor)
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    usage_limit: Mapped[int | None]
    # Written by the database alone: the live bookings that use the code.
    times_used: Mapped[int] = mapped_column(FetchedValue(), server_default="0")
    course_type_id: Mapped[UUID | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    archived_at: Mapped[datetime | None]

    course_type = to_one("CourseType", "DiscountCode.course_type_id == CourseType.id")

    def __str__(self) -> str:
        return self.code


class DiscountRule(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "discount_rules"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_type_id", "course_types"),
        CheckConstraint("minimum_places BETWEEN 1 AND 1000", name="minimum_places"),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points"),
        CheckConstraint("minimum_past_courses BETWEEN 1 AND 100", name="minimum_past_courses"),
        Index("ix_discount_rules_type", "tenant_id", "course_type_id"),
    )

    title: Mapped[str] = mapped_column(String(200))
    minimum_places: Mapped[int]
    # A loyalty rule: only for a known customer who has completed so many bookings.
    minimum_past_courses: Mapped[int | None]
    basis_points: Mapped[int]
    course_type_id: Mapped[UUID | None]
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")

    course_type = to_one("CourseType", "DiscountRule.course_type_id == CourseType.id")

    def __str__(self) -> str:
        return self.title
