"""A report that somebody wants again, and who gets it by mail each week or month."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)

FREQUENCIES = ("weekly", "monthly")
FILES = ("pdf", "csv")


class SavedReport(TenantOwned, Timestamps, Model):
    __tablename__ = "saved_reports"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("owner_id", "users"),
        one_of("frequency", FREQUENCIES, "frequency"),
        one_of("file", FILES, "file"),
        CheckConstraint("length(trim(name)) > 0", name="name"),
        Index("ix_saved_reports_owner", "tenant_id", "owner_id"),
        Index("ix_saved_reports_due", "tenant_id", "next_on", postgresql_where=text("ended_at IS NULL")),
    )

    name: Mapped[str] = mapped_column(String(120))
    report: Mapped[str] = mapped_column(String(40))
    # basis, and the name of a period such as last_month: its days are those of the day it is sent.
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    owner_id: Mapped[UUID]
    # The ids of people who work here: whether they may still read reports is asked when it is sent.
    recipients: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    frequency: Mapped[str] = mapped_column(String(10))
    file: Mapped[str] = mapped_column(String(10), default="pdf", server_default="pdf")
    next_on: Mapped[date]
    last_sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    owner = to_one("User", "SavedReport.owner_id == User.id")

    def __str__(self) -> str:
        return self.name
