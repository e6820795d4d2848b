"""A tenant's account at a payment gateway: its keys, sealed, and the secret address its messages come to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, text
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
from backoffice.domain.gateway_terms import GATEWAYS, MODES
from backoffice.sealing import Sealed


class GatewayAccount(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "gateway_accounts"
    __table_args__ = (
        tenant_key(),
        one_of("gateway", GATEWAYS, "gateway"),
        one_of("mode", MODES, "mode"),
        # Across tenants: a message of a gateway finds its tenant by this alone.
        Index("uq_gateway_accounts_path", "path_digest", unique=True),
        # New payments go through one account of each gateway; older ones are still refunded through theirs.
        Index(
            "uq_gateway_accounts_in_use",
            "tenant_id",
            "gateway",
            unique=True,
            postgresql_where=text("is_in_use"),
        ),
    )

    gateway: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    is_in_use: Mapped[bool] = mapped_column(default=True, server_default="true")
    # The keys as one JSON text; a stolen database does not open it.
    keys_sealed: Mapped[str] = mapped_column(String(8000))
    # The last part of the webhook's address. For M-Pesa, which signs nothing, it is the secret.
    path_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    path_sealed: Mapped[str] = mapped_column(String(500))
    # What people may read of the keys, such as "sk_test_…4f2a".
    key_hint: Mapped[str] = mapped_column(String(60), default="", server_default="")
    checked_at: Mapped[datetime | None]
    check_said: Mapped[str | None] = mapped_column(String(500))
    is_check_good: Mapped[bool | None]
    last_event_at: Mapped[datetime | None]

    keys = Sealed("keys_sealed")
    path = Sealed("path_sealed")

    def __str__(self) -> str:
        return f"{self.gateway} ({self.mode})"


class GatewayCustomer(TenantOwned, Timestamps, Model):
    """What a gateway calls a customer of ours, so that a returning one need not type a card again."""

    __tablename__ = "gateway_customers"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("user_id", "users"),
        same_tenant_key("gateway_account_id", "gateway_accounts"),
        Index("uq_gateway_customers_pair", "tenant_id", "user_id", "gateway_account_id", unique=True),
        Index("ix_gateway_customers_account", "tenant_id", "gateway_account_id"),
    )

    user_id: Mapped[UUID]
    gateway_account_id: Mapped[UUID]
    gateway_customer_id: Mapped[str] = mapped_column(String(100))

    user = to_one("User", "GatewayCustomer.user_id == User.id")
