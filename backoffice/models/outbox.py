"""A promise to do something after the commit."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, tenant_key


class OutboxRow(TenantOwned, Model):
    __tablename__ = "outbox"
    __table_args__ = (
        tenant_key(),
        Index(
            "ix_outbox_due",
            "tenant_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_outbox_dead", "tenant_id", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )

    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(1000))

    def __str__(self) -> str:
        return self.topic
