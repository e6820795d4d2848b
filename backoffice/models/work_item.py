"""Something a person should look at: it stands on the work queue until somebody has."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    same_tenant_key,
    tenant_key,
    to_one,
)


class WorkItem(TenantOwned, Timestamps, Model):
    __tablename__ = "work_items"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("resolved_by_id", "users"),
        Index("uq_work_items_once_key", "tenant_id", "once_key", unique=True),
        Index(
            "ix_work_items_open",
            "tenant_id",
            "kind",
            "created_at",
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_work_items_subject", "tenant_id", "subject_type", "subject_id"),
        Index("ix_work_items_resolved_by", "tenant_id", "resolved_by_id"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    sentence: Mapped[str] = mapped_column(String(500))
    # The same finding is listed once.
    once_key: Mapped[str] = mapped_column(String(160))
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None]

    resolved_by = to_one("User", "WorkItem.resolved_by_id == User.id")
