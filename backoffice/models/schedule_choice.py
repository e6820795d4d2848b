"""What one booker wants instead of a date that was called off: another date, credit, or the money back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import (
    Minor,
    Model,
    TenantOwned,
    Timestamps,
    one_of,
    same_tenant_key,
    tenant_key,
    to_one,
)
from backoffice.sealing import Sealed

# open: money waits for an answer. nothing_paid: there is no money to choose about, another date may still be taken.
STATUSES = ("open", "nothing_paid", "moved", "credited", "refunded")
FALLBACKS = ("refunded", "credited")
ANSWERERS = ("customer", "user", "system")


class ScheduleChoice(TenantOwned, Timestamps, Model):
    __tablename__ = "schedule_choices"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("proposed_schedule_id", "schedules"),
        same_tenant_key("called_off_by_id", "users"),
        same_tenant_key("answered_by_id", "users"),
        same_tenant_key("moved_booking_id", "bookings"),
        one_of("status", STATUSES, "status"),
        one_of("fallback", FALLBACKS, "fallback"),
        one_of("answered_by_kind", ANSWERERS, "answered_by_kind"),
        CheckConstraint("(status IN ('open', 'nothing_paid')) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("(status = 'moved') = (moved_booking_id IS NOT NULL)", name="moved"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("uq_schedule_choices_booking", "tenant_id", "booking_id", unique=True),
        Index("uq_schedule_choices_token", "tenant_id", "token_digest", unique=True),
        Index("uq_schedule_choices_moved_booking", "tenant_id", "moved_booking_id", unique=True),
        Index("ix_schedule_choices_schedule", "tenant_id", "schedule_id", "status"),
        Index("ix_schedule_choices_proposed", "tenant_id", "proposed_schedule_id"),
        Index("ix_schedule_choices_called_off_by", "tenant_id", "called_off_by_id"),
        Index("ix_schedule_choices_answered_by", "tenant_id", "answered_by_id"),
        # The work queue.
        Index(
            "ix_schedule_choices_open",
            "tenant_id",
            "deadline_at",
            "id",
            postgresql_where=text("status = 'open'"),
        ),
        # The job that does what was announced for those who do not answer.
        Index("ix_schedule_choices_due", "apply_at", postgresql_where=text("status = 'open'")),
    )

    schedule_id: Mapped[UUID]
    booking_id: Mapped[UUID]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    # Kept as well, sealed: the reminder carries the same link, and mails are written when they are sent.
    token_sealed: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20))
    # What happens to the money without an answer.
    fallback: Mapped[str] = mapped_column(String(20))
    deadline_at: Mapped[datetime]
    # When the job looks at it: the deadline, or later after a try that went wrong.
    apply_at: Mapped[datetime]
    proposed_schedule_id: Mapped[UUID | None]
    called_off_by_id: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by_kind: Mapped[str | None] = mapped_column(String(10))
    answered_by_id: Mapped[UUID | None]
    # The money that the answer was about.
    amount_minor: Mapped[int] = mapped_column(Minor, default=0, server_default="0")
    moved_booking_id: Mapped[UUID | None]
    reminded_at: Mapped[datetime | None]

    token = Sealed("token_sealed")
    schedule = to_one("Schedule", "ScheduleChoice.schedule_id == Schedule.id")
    booking = to_one("Booking", "ScheduleChoice.booking_id == Booking.id")
    proposed_schedule = to_one("Schedule", "ScheduleChoice.proposed_schedule_id == Schedule.id")
    called_off_by = to_one("User", "ScheduleChoice.called_off_by_id == User.id")
    answered_by = to_one("User", "ScheduleChoice.answered_by_id == User.id")
    moved_booking = to_one("Booking", "ScheduleChoice.moved_booking_id == Booking.id")

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    def is_late(self, now: datetime) -> bool:
        """Whether the booker's own time to choose is over (UTC)."""
        return now >= self.deadline_at
