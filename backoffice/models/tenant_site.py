"""How a provider's public site looks, and whether it is open."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    Versioned,
    same_tenant_key,
    tenant_key,
    to_one,
)


class TenantSite(TenantOwned, Timestamps, Versioned, Model):
    """One for each tenant; a tenant without a row has a site that is not open yet."""

    __tablename__ = "tenant_sites"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("hero_picture_id", "pictures"),
        same_tenant_key("logo_picture_id", "pictures"),
        CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour"),
        CheckConstraint("jsonb_typeof(social_links) = 'object'", name="social_links"),
        Index("uq_tenant_sites_tenant", "tenant_id", unique=True),
        Index("ix_tenant_sites_hero", "tenant_id", "hero_picture_id"),
        Index("ix_tenant_sites_logo", "tenant_id", "logo_picture_id"),
    )

    title: Mapped[str | None] = mapped_column(String(120))
    subtitle: Mapped[str | None] = mapped_column(String(300))
    # NULL: the colour of the certificates.
    colour: Mapped[str | None] = mapped_column(String(7))
    biography: Mapped[str | None] = mapped_column(String(5000))
    footer: Mapped[str | None] = mapped_column(String(500))
    # network -> https address
    social_links: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    hero_picture_id: Mapped[UUID | None]
    logo_picture_id: Mapped[UUID | None]
    is_published: Mapped[bool] = mapped_column(default=False, server_default="false")

    hero = to_one("Picture", "TenantSite.hero_picture_id == Picture.id")
    logo = to_one("Picture", "TenantSite.logo_picture_id == Picture.id")

    def __str__(self) -> str:
        return "Public site"
