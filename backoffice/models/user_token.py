"""A mailed link that proves an address once: an invitation, a new password, a customer who signs in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, one_of, same_tenant_key, tenant_key, to_one

PURPOSES = ("invitation", "password_reset", "sign_in")


class UserToken(TenantOwned, Timestamps, Model):
    __tablename__ = "user_tokens"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("user_id", "users"),
        one_of("purpose", PURPOSES, "purpose"),
        Index("uq_user_tokens_digest", "tenant_id", "token_digest", unique=True),
        Index("ix_user_tokens_user", "tenant_id", "user_id"),
    )

    user_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(20))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user = to_one("User", "UserToken.user_id == User.id")
