"""A spreadsheet that came in, and what became of each of its rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
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

KINDS = ("courses", "venues", "instructors", "schedules", "bookings")
STATUSES = ("checking", "checked", "importing", "imported", "failed")
OUTCOMES = ("new", "same", "changed", "refused")


class ImportRun(TenantOwned, Timestamps, Model):
    __tablename__ = "import_runs"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("started_by_id", "users"),
        one_of("kind", KINDS, "kind"),
        one_of("status", STATUSES, "status"),
        CheckConstraint("rows_done >= 0 AND rows_done <= rows_total", name="progress"),
        Index("ix_import_runs_created", "tenant_id", "created_at", "id"),
        Index("ix_import_runs_started_by", "tenant_id", "started_by_id"),
        Index("ix_import_runs_status", "tenant_id", "status", "created_at"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(20), default="checking", server_default="checking")
    rows_total: Mapped[int] = mapped_column(default=0, server_default="0")
    rows_done: Mapped[int] = mapped_column(default=0, server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    error: Mapped[str | None] = mapped_column(String(1000))
    finished_at: Mapped[datetime | None]
    started_by_id: Mapped[UUID | None]

    started_by = to_one("User", "ImportRun.started_by_id == User.id")


class ImportRow(TenantOwned, Model):
    __tablename__ = "import_rows"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("import_run_id", "import_runs"),
        one_of("outcome", OUTCOMES, "outcome"),
        Index("uq_import_rows_line", "tenant_id", "import_run_id", "line", unique=True),
        Index("ix_import_rows_outcome", "tenant_id", "import_run_id", "outcome", "line"),
    )

    import_run_id: Mapped[UUID]
    line: Mapped[int]
    key: Mapped[str] = mapped_column(String(120), default="", server_default="")
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(1000))
    raw: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
