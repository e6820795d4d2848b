"""Who did what, with old and new values; and the chain that shows whether anybody changed it afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, tenant_key


class AuditEvent(TenantOwned, Model):
    """Append-only for the program's login. Written without a lock; sealed a few seconds after its commit."""

    __tablename__ = "audit_events"
    __table_args__ = (
        tenant_key(),
        Index("ix_audit_events_subject", "tenant_id", "subject_type", "subject_id", "id"),
        Index("ix_audit_events_actor", "tenant_id", "actor_id", "id"),
        Index("ix_audit_events_action", "tenant_id", "action", "id"),
        Index("ix_audit_events_happened", "tenant_id", "happened_at", "id"),
    )

    happened_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    actor_kind: Mapped[str] = mapped_column(String(10))
    # No foreign key: the entry outlives whoever made it.
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    subject_label: Mapped[str] = mapped_column(String(200), default="", server_default="")
    old_values: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    new_values: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    address: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    request_id: Mapped[str | None] = mapped_column(String(36))
    # The program's signature under the columns above: nobody else can add an entry unnoticed.
    proof: Mapped[str | None] = mapped_column(String(80))


class AuditSeal(Model):
    """One link of a tenant's chain: the digest covers the event and the link before it."""

    __tablename__ = "audit_seals"
    __table_args__ = (
        tenant_key(),
        Index("uq_audit_seals_event", "tenant_id", "event_id", unique=True),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Which of the ENCRYPTION_KEYS the digest was made with.
    key_id: Mapped[str] = mapped_column(String(8), default="", server_default="")
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class AuditHead(Model):
    """Where a tenant's chain ends, signed: without it, cutting the last links would leave a shorter good chain."""

    __tablename__ = "audit_heads"
    __table_args__ = (tenant_key(),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    seal_proof: Mapped[str] = mapped_column(String(80), default="", server_default="")
    proof: Mapped[str] = mapped_column(String(80), default="", server_default="")
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
