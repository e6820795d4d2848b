"""A provider's own words for one of the mails; without a row the mail is as the house wrote it."""

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, Timestamps, Versioned, tenant_key

SUBJECT_LENGTH = 150
BODY_LENGTH = 8000


class MailWording(TenantOwned, Timestamps, Versioned, Model):
    """Subject and body in the small language of services/wordings: text, {{ variable }}, {% if variable %}."""

    __tablename__ = "mail_wordings"
    __table_args__ = (
        tenant_key(),
        CheckConstraint("length(trim(subject)) > 0", name="subject"),
        CheckConstraint("length(trim(body)) > 0 AND length(body) <= 8000", name="body"),
        Index("uq_mail_wordings_template", "tenant_id", "template", unique=True),
    )

    template: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    body: Mapped[str] = mapped_column(Text)

    def __str__(self) -> str:
        return self.template
