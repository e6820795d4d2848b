"""A picture of the public site, in the two sizes that its pages ask for."""

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, tenant_key

MOST_BYTES = 512 * 1024


class Picture(TenantOwned, Timestamps, Model):
    """WebP that we made ourselves of an upload. Never changed: another picture is another row.

    Sizes are in pixels, `width` and `height` those of the large one. The contents are read only where they are sent.
    """

    __tablename__ = "pictures"
    __table_args__ = (
        tenant_key(),
        CheckConstraint(
            f"octet_length(large) <= {MOST_BYTES} AND octet_length(small) <= {MOST_BYTES}", name="size"
        ),
        CheckConstraint(
            "sha256 = encode(sha256(large), 'hex') AND small_sha256 = encode(sha256(small), 'hex')",
            name="digest",
        ),
        CheckConstraint(
            "width BETWEEN 1 AND 960 AND height BETWEEN 1 AND 1200 AND small_width BETWEEN 1 AND 480",
            name="measures",
        ),
        Index("ix_pictures_sha256", "tenant_id", "sha256"),
        Index("ix_pictures_small_sha256", "tenant_id", "small_sha256"),
    )

    large: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    small_sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    small_width: Mapped[int]

    def __str__(self) -> str:
        return f"{self.width} × {self.height} pixels"
