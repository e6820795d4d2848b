"""One mail to everybody of a date: written, tried, sent in batches, stopped if need be."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    Versioned,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.models.mail_wording import SUBJECT_LENGTH

STATUSES = ("draft", "sending", "stopped", "done")
AUDIENCES = {
    "bookers": "Everybody who booked",
    "attendees": "Every attendee with an address of their own",
    "both": "Everybody who booked, and every attendee with an address",
}


class BulkMail(TenantOwned, Timestamps, Versioned, Model):
    """`queued` counts the mails handed to the queue, `total` those and whoever is still to get one."""

    __tablename__ = "bulk_mails"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("asked_by_id", "users"),
        one_of("status", STATUSES, "status"),
        one_of("audience", AUDIENCES, "audience"),
        CheckConstraint("length(trim(subject)) > 0", name="subject"),
        CheckConstraint("length(trim(body)) > 0 AND length(body) <= 8000", name="body"),
        CheckConstraint("queued >= 0 AND queued <= total", name="progress"),
        CheckConstraint("(status = 'sending') = (next_batch_at IS NOT NULL)", name="batch"),
        Index("ix_bulk_mails_schedule", "tenant_id", "schedule_id", "created_at"),
        Index("ix_bulk_mails_asked_by", "tenant_id", "asked_by_id"),
        # The job's question: which batches are due.
        Index("ix_bulk_mails_due", "tenant_id", "next_batch_at"),
    )

    schedule_id: Mapped[UUID]
    asked_by_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    body: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="draft", server_default="draft")
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    queued: Mapped[int] = mapped_column(default=0, server_default="0")
    next_batch_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    schedule = to_one("Schedule", "BulkMail.schedule_id == Schedule.id")
    asked_by = to_one("User", "BulkMail.asked_by_id == User.id")

    def __str__(self) -> str:
        return self.subject
