"""Who may book a course that is not for everybody: an address, or @domain."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key


class WhitelistEntry(TenantOwned, Timestamps, Model):
    __tablename__ = "whitelist_entries"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("added_by_id", "users"),
        CheckConstraint("pattern = lower(pattern) AND pattern LIKE '%@%'", name="pattern"),
        Index("uq_whitelist_entries_pattern", "tenant_id", "course_id", "pattern", unique=True),
        Index("ix_whitelist_entries_added_by", "tenant_id", "added_by_id"),
    )

    course_id: Mapped[UUID]
    pattern: Mapped[str] = mapped_column(String(254))
    added_by_id: Mapped[UUID | None]
