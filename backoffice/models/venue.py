"""One bookable room; or a client's site, or online, which never clash."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, Versioned, one_of, tenant_key

KINDS = ("room", "client_site", "online")


class Venue(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "venues"
    __table_args__ = (
        tenant_key(),
        one_of("kind", KINDS, "kind"),
        CheckConstraint("capacity BETWEEN 1 AND 10000", name="capacity_positive"),
        Index("uq_venues_slug", "tenant_id", "slug", unique=True),
        Index("ix_venues_city", "tenant_id", "city", "name", "id"),
        Index("ix_venues_name", "tenant_id", "name", "id"),
        Index("ix_venues_active", "tenant_id", "name", "id", postgresql_where=text("archived_at IS NULL")),
    )

    slug: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default="room", server_default="room")
    address_line1: Mapped[str | None] = mapped_column(String(255))
    address_line2: Mapped[str | None] = mapped_column(String(255))
    city: Mapped[str | None] = mapped_column(String(100))
    postcode: Mapped[str | None] = mapped_column(String(12))
    capacity: Mapped[int]
    facilities: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    parking_info: Mapped[str | None] = mapped_column(String(1000))
    directions: Mapped[str | None] = mapped_column(String(2000))
    online_url: Mapped[str | None] = mapped_column(String(500))
    archived_at: Mapped[datetime | None]

    @property
    def address(self) -> str:
        """The postal address on one line."""
        parts = (self.address_line1, self.address_line2, self.city, self.postcode)
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        return self.name
