"""What a gateway told us, as it told it: kept first, applied after, once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, same_tenant_key, tenant_key, to_one


class GatewayEvent(TenantOwned, Model):
    __tablename__ = "gateway_events"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("gateway_account_id", "gateway_accounts"),
        same_tenant_key("payment_id", "payments"),
        Index("uq_gateway_events_event", "tenant_id", "gateway_account_id", "event_id", unique=True),
        Index("ix_gateway_events_received", "tenant_id", "received_at", "id"),
        Index("ix_gateway_events_payment", "tenant_id", "payment_id"),
        Index(
            "ix_gateway_events_due",
            "next_attempt_at",
            postgresql_where=text("processed_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_gateway_events_dead", "tenant_id", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )

    gateway_account_id: Mapped[UUID]
    gateway: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    payment_id: Mapped[UUID | None]
    # What became of it, in a word or a sentence.
    outcome: Mapped[str | None] = mapped_column(String(500))
    processed_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_error: Mapped[str | None] = mapped_column(String(1000))

    account = to_one("GatewayAccount", "GatewayEvent.gateway_account_id == GatewayAccount.id")
    payment = to_one("Payment", "GatewayEvent.payment_id == Payment.id")

    def __str__(self) -> str:
        return f"{self.gateway} {self.kind}"
