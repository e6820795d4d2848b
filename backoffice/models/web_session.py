"""A signed-in browser. The token is only in the browser's cookie; here lies its digest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one


class WebSession(TenantOwned, Timestamps, Model):
    __tablename__ = "web_sessions"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("user_id", "users"),
        Index("uq_web_sessions_token", "tenant_id", "token_digest", unique=True),
        Index("ix_web_sessions_user", "tenant_id", "user_id"),
        Index("ix_web_sessions_expires", "expires_at"),
    )

    user_id: Mapped[UUID]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    # When the person had signed in before: shown as long as this session lasts.
    previous_sign_in_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))

    user = to_one("User", "WebSession.user_id == User.id")
