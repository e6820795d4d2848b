"""One comparison of our ledger with a gateway's: both sides counted and summed, and what differs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Minor,
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)

# Why it was made: what stayed open too long, each night (and in full once a month), or because somebody asked.
KINDS = ("open", "night", "month", "asked")
STATES = ("waiting", "running", "equal", "different", "failed")


class Reconciliation(TenantOwned, Timestamps, Model):
    __tablename__ = "reconciliations"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("gateway_account_id", "gateway_accounts"),
        same_tenant_key("asked_by_id", "users"),
        one_of("kind", KINDS, "kind"),
        one_of("state", STATES, "state"),
        CheckConstraint("until > since", name="span"),
        Index("ix_reconciliations_account", "tenant_id", "gateway_account_id", "until"),
        Index("ix_reconciliations_created", "tenant_id", "created_at", "id"),
        Index("ix_reconciliations_asked_by", "tenant_id", "asked_by_id"),
        # One of each kind for an account and a span: two schedulers ask once.
        Index("uq_reconciliations_span", "tenant_id", "gateway_account_id", "kind", "until", unique=True),
        Index(
            "ix_reconciliations_open",
            "tenant_id",
            "created_at",
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    gateway_account_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    # From `since` to before `until`: payments by when they were paid, with whatever was given back of them.
    since: Mapped[datetime]
    until: Mapped[datetime]
    asked_by_id: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    currency: Mapped[str] = mapped_column(String(3))
    payments_here: Mapped[int] = mapped_column(default=0, server_default="0")
    payments_here_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    payments_there: Mapped[int] = mapped_column(default=0, server_default="0")
    payments_there_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    refunds_here: Mapped[int] = mapped_column(default=0, server_default="0")
    refunds_here_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    refunds_there: Mapped[int] = mapped_column(default=0, server_default="0")
    refunds_there_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    # The same eight figures for each day of the tenant's calendar.
    days: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    # How many payments were looked at so far, for whoever waits.
    looked_at: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of each: kind, reference, payment_id, what it is called there, both amounts and a sentence.
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    difference_count: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(String(500))

    account = to_one("GatewayAccount", "Reconciliation.gateway_account_id == GatewayAccount.id")
    asked_by = to_one("User", "Reconciliation.asked_by_id == User.id")
