"""What a booker agrees to: terms of booking and waivers, in versions that stay as they were published."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, text
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

KINDS = ("terms", "waiver")
TITLE_LENGTH = 150
BODY_LENGTH = 40_000


class TermsText(TenantOwned, Timestamps, Versioned, Model):
    """A draft, one of each kind at most, until it is published: from then on no login of the program may change it."""

    __tablename__ = "terms_texts"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("published_by_id", "users"),
        one_of("kind", KINDS, "kind"),
        CheckConstraint("length(trim(title)) > 0", name="title"),
        CheckConstraint("length(trim(body)) > 0 AND length(body) <= 40000", name="body"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(number IS NULL) = (published_at IS NULL)", name="number_when_published"),
        Index("uq_terms_texts_number", "tenant_id", "kind", "number", unique=True),
        Index(
            "uq_terms_texts_draft",
            "tenant_id",
            "kind",
            unique=True,
            postgresql_where=text("published_at IS NULL"),
        ),
        Index("ix_terms_texts_published_by", "tenant_id", "published_by_id"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    # The version that people see: 1, 2, 3 … of its kind. (`version` counts the edits of a draft.)
    number: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    body: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[UUID | None]

    published_by = to_one("User", "TermsText.published_by_id == User.id")

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}" if self.number else f"{self.title}, draft"
