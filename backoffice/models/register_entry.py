"""What the register says of one attendee apart from the single days: the outcome, a note, an exception."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.domain.attendance import OUTCOMES
from backoffice.sealing import Sealed


class RegisterEntry(TenantOwned, Timestamps, Model):
    """Made at the first mark. Another date takes the outcome, the note and the exception away (by trigger)."""

    __tablename__ = "register_entries"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("attendee_id", "attendees"),
        same_tenant_key("marked_by_id", "users"),
        same_tenant_key("exception_by_id", "users"),
        one_of("outcome", OUTCOMES, "outcome"),
        CheckConstraint("(exception_reason IS NULL) = (exception_at IS NULL)", name="exception"),
        CheckConstraint("version >= 0", name="version"),
        Index("uq_register_entries_attendee", "tenant_id", "attendee_id", unique=True),
        Index("ix_register_entries_marked_by", "tenant_id", "marked_by_id"),
        Index("ix_register_entries_exception_by", "tenant_id", "exception_by_id"),
    )

    attendee_id: Mapped[UUID]
    outcome: Mapped[str] = mapped_column(String(20), default="not_assessed", server_default="not_assessed")
    note_sealed: Mapped[str | None] = mapped_column(String(8000))
    has_shown_identity: Mapped[bool] = mapped_column(default=False, server_default="false")
    # Stands in for days that the attendee missed or left early.
    exception_reason: Mapped[str | None] = mapped_column(String(500))
    exception_by_id: Mapped[UUID | None]
    exception_at: Mapped[datetime | None]
    marked_by_id: Mapped[UUID | None]
    # Rises by one with every mark of the attendee, those of single days included: it is what a conflict is told by.
    version: Mapped[int] = mapped_column(default=0, server_default="0")

    note = Sealed("note_sealed")
    attendee = to_one("Attendee", "RegisterEntry.attendee_id == Attendee.id")
    marked_by = to_one("User", "RegisterEntry.marked_by_id == User.id")
    exception_by = to_one("User", "RegisterEntry.exception_by_id == User.id")
