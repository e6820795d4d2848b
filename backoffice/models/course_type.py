"""What kind of course it is: discount codes, reports and certificates go by it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, Versioned, tenant_key


class CourseType(TenantOwned, Timestamps, Versioned, Model):
    __tablename__ = "course_types"
    __table_args__ = (
        tenant_key(),
        Index("uq_course_types_code", "tenant_id", "code", unique=True),
        CheckConstraint("length(trim(code)) > 0", name="code"),
    )

    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    # What the law or an awarding body wants each certificate of this type to say.
    certificate_wording: Mapped[str | None] = mapped_column(String(2000))
    archived_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.title
