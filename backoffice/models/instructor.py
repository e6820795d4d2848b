"""The profile of who teaches; may have a user to sign in with."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    Versioned,
    same_tenant_key,
    tenant_key,
    to_one,
)


class Instructor(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "instructors"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("user_id", "users"),
        same_tenant_key("picture_id", "pictures"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        CheckConstraint("years_of_experience BETWEEN 0 AND 80", name="years_of_experience"),
        CheckConstraint("rating BETWEEN 0 AND 5", name="rating"),
        Index("uq_instructors_user", "tenant_id", "user_id", unique=True),
        Index("uq_instructors_email", "tenant_id", text("lower(email)"), unique=True),
        Index("ix_instructors_picture", "tenant_id", "picture_id"),
        Index("ix_instructors_name", "tenant_id", "name", "id"),
        Index(
            "ix_instructors_active", "tenant_id", "name", "id", postgresql_where=text("archived_at IS NULL")
        ),
    )

    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    user_id: Mapped[UUID | None]
    bio: Mapped[str | None] = mapped_column(String(5000))
    photo: Mapped[str | None] = mapped_column(String(200))
    picture_id: Mapped[UUID | None]
    # Whether the public site shows the profile: photo, biography, specialisations.
    is_published: Mapped[bool] = mapped_column(default=False, server_default="false")
    specializations: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    certifications: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    years_of_experience: Mapped[int | None]
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    archived_at: Mapped[datetime | None]

    user = to_one("User", "Instructor.user_id == User.id")
    picture = to_one("Picture", "Instructor.picture_id == Picture.id")

    def __str__(self) -> str:
        return self.name
