"""The picture at the head of a tenant's certificates."""

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, tenant_key

MOST_BYTES = 1024 * 1024


class TenantLogo(TenantOwned, Timestamps, Model):
    """One for each tenant: a JPEG that we made ourselves from what was uploaded; sizes in pixels."""

    __tablename__ = "tenant_logos"
    __table_args__ = (
        tenant_key(),
        CheckConstraint(f"octet_length(content) <= {MOST_BYTES}", name="size"),
        CheckConstraint("sha256 = encode(sha256(content), 'hex')", name="digest"),
        CheckConstraint("width > 0 AND height > 0", name="measures"),
        Index("uq_tenant_logos_tenant", "tenant_id", unique=True),
    )

    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]

    def __str__(self) -> str:
        return f"Logo, {self.width} × {self.height}"
