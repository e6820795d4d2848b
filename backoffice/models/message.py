"""One e-mail to one recipient: queued, sent, failed, bounced."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, text
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

STATUSES = ("queued", "sent", "failed", "bounced")


class Message(TenantOwned, Timestamps, Model):
    """The text is written when it is sent; until then the row says which template and about what."""

    __tablename__ = "messages"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("user_id", "users"),
        same_tenant_key("queued_by_id", "users"),
        one_of("status", STATUSES, "status"),
        CheckConstraint("attempts >= 0", name="attempts"),
        # One use of a key: what must be mailed once is mailed once.
        Index("uq_messages_once_key", "tenant_id", "once_key", unique=True),
        Index("ix_messages_created", "tenant_id", "created_at", "id"),
        Index("ix_messages_status", "tenant_id", "status", "created_at", "id"),
        Index("ix_messages_template", "tenant_id", "template", "created_at"),
        Index("ix_messages_recipient", "tenant_id", "recipient", "created_at"),
        Index("ix_messages_booking", "tenant_id", "booking_id"),
        Index("ix_messages_user", "tenant_id", "user_id"),
        Index("ix_messages_queued_by", "tenant_id", "queued_by_id"),
        # The sweeper's question: what should have gone by now, of each provider.
        Index(
            "ix_messages_due",
            "tenant_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("status = 'queued'"),
        ),
        # The work queue's: what somebody has to look at.
        Index(
            "ix_messages_attention",
            "tenant_id",
            "created_at",
            postgresql_where=text("status IN ('failed', 'bounced') AND NOT is_overtaken"),
        ),
    )

    template: Mapped[str] = mapped_column(String(60))
    recipient: Mapped[str] = mapped_column(String(254))
    recipient_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    booking_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    queued_by_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    once_key: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(1000))
    # Failed only because its booking had moved on before it went out.
    is_overtaken: Mapped[bool] = mapped_column(default=False, server_default="false")
    # As sent. A mail that carries a secret keeps only its subject.
    subject: Mapped[str | None] = mapped_column(String(300))
    body_text: Mapped[str | None] = mapped_column(Text)
    body_html: Mapped[str | None] = mapped_column(Text)
    calendar_file: Mapped[str | None] = mapped_column(Text)

    booking = to_one("Booking", "Message.booking_id == Booking.id")
    user = to_one("User", "Message.user_id == User.id")
    queued_by = to_one("User", "Message.queued_by_id == User.id")

    def __str__(self) -> str:
        return f"{self.template} to {self.recipient}"
