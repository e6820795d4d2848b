"""That a text was accepted for a booking: which version, when, by whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Model, TenantOwned, one_of, same_tenant_key, tenant_key, to_one

# On the web by the booker; read out on the telephone, as the clerk has ticked.
CHANNELS = ("web", "phone")


class Consent(TenantOwned, Model):
    """Written once. Only the name and the address may be taken out later, when a person is forgotten."""

    __tablename__ = "consents"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("terms_text_id", "terms_texts"),
        same_tenant_key("recorded_by_id", "users"),
        one_of("channel", CHANNELS, "channel"),
        Index("uq_consents_text", "tenant_id", "booking_id", "terms_text_id", unique=True),
        Index("ix_consents_text", "tenant_id", "terms_text_id"),
        Index("ix_consents_recorded_by", "tenant_id", "recorded_by_id"),
    )

    booking_id: Mapped[UUID]
    terms_text_id: Mapped[UUID]
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(201), default="", server_default="")
    channel: Mapped[str] = mapped_column(String(10))
    # The network that it came from, without its last part.
    address: Mapped[str | None] = mapped_column(String(45))
    # The member of staff or the customer who was signed in.
    recorded_by_id: Mapped[UUID | None]

    booking = to_one("Booking", "Consent.booking_id == Booking.id")
    terms_text = to_one("TermsText", "Consent.terms_text_id == TermsText.id")
    recorded_by = to_one("User", "Consent.recorded_by_id == User.id")

    def __str__(self) -> str:
        return f"{self.terms_text}, accepted by {self.accepted_by or 'somebody'}"
