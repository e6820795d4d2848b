"""What staff wrote down about somebody; encrypted."""

from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, same_tenant_key, tenant_key, to_one
from backoffice.sealing import Sealed


class UserNote(TenantOwned, Timestamps, Model):
    __tablename__ = "user_notes"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("user_id", "users"),
        same_tenant_key("author_id", "users"),
        Index("ix_user_notes_user", "tenant_id", "user_id", "created_at"),
        Index("ix_user_notes_author", "tenant_id", "author_id"),
    )

    user_id: Mapped[UUID]
    author_id: Mapped[UUID | None]
    body_sealed: Mapped[str] = mapped_column(String(8000))

    body = Sealed("body_sealed")
    author = to_one("User", "UserNote.author_id == User.id")
