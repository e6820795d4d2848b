"""What an attendee is given for a course that was passed; the run that makes a bulk of them; the archived paper."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, text
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

STATUSES = ("valid", "replaced", "revoked")
# Whether its paper is archived: waiting for the job, made, or given up after so many tries.
MAKING = ("waiting", "made", "failed")


class CertificateRun(TenantOwned, Timestamps, Model):
    """Certificates that were issued by one key: how many there are, and how many of them are made."""

    __tablename__ = "certificate_runs"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("asked_by_id", "users"),
        same_tenant_key("schedule_id", "schedules"),
        CheckConstraint("made >= 0 AND failed >= 0 AND made + failed <= total", name="progress"),
        Index("ix_certificate_runs_schedule", "tenant_id", "schedule_id", "created_at"),
        Index("ix_certificate_runs_asked_by", "tenant_id", "asked_by_id"),
        # The sweeper's question.
        Index("ix_certificate_runs_due", "next_attempt_at", postgresql_where=text("finished_at IS NULL")),
    )

    asked_by_id: Mapped[UUID | None]
    # Of which date they are, when they are of one.
    schedule_id: Mapped[UUID | None]
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    made: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")

    asked_by = to_one("User", "CertificateRun.asked_by_id == User.id")
    schedule = to_one("Schedule", "CertificateRun.schedule_id == Schedule.id")

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    def __str__(self) -> str:
        return f"{self.total} certificate{'' if self.total == 1 else 's'}"


class Certificate(TenantOwned, Timestamps, Model):
    """It keeps what it says: a course, a name or a wording that changes later changes no certificate."""

    __tablename__ = "certificates"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("attendee_id", "attendees"),
        same_tenant_key("schedule_id", "schedules"),
        same_tenant_key("course_id", "courses"),
        same_tenant_key("booking_id", "bookings"),
        same_tenant_key("user_id", "users"),
        same_tenant_key("run_id", "certificate_runs"),
        same_tenant_key("replaces_id", "certificates"),
        one_of("status", STATUSES, "status"),
        one_of("making", MAKING, "making"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("length(code) = 22", name="code"),
        CheckConstraint("length(trim(holder_first_name || holder_last_name)) > 0", name="holder"),
        CheckConstraint("taught_until >= taught_from", name="taught"),
        CheckConstraint("expires_on > taught_until", name="expiry"),
        CheckConstraint("(status = 'valid') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("status = 'valid' OR length(trim(status_reason)) > 0", name="reason"),
        # One that is valid for each attendee, whoever presses the key how often.
        Index(
            "uq_certificates_live",
            "tenant_id",
            "attendee_id",
            unique=True,
            postgresql_where=text("status = 'valid'"),
        ),
        Index("uq_certificates_number", "tenant_id", "number", unique=True),
        Index("uq_certificates_code", "tenant_id", "code", unique=True),
        Index("uq_certificates_replaces", "tenant_id", "replaces_id", unique=True),
        Index("ix_certificates_attendee", "tenant_id", "attendee_id"),
        Index("ix_certificates_schedule", "tenant_id", "schedule_id"),
        Index("ix_certificates_booking", "tenant_id", "booking_id"),
        # The earlier certificates of the same person.
        Index("ix_certificates_user", "tenant_id", "user_id", "course_id"),
        Index("ix_certificates_run", "tenant_id", "run_id"),
        # What the job takes next.
        Index(
            "ix_certificates_waiting",
            "tenant_id",
            "run_id",
            "attempts",
            "id",
            postgresql_where=text("making = 'waiting'"),
        ),
        # The work queue's.
        Index(
            "ix_certificates_attention",
            "tenant_id",
            "created_at",
            postgresql_where=text("status = 'valid' AND (needs_review OR making = 'failed')"),
        ),
        # The list's first page of each sort and filter that it offers.
        Index("ix_certificates_created", "tenant_id", "created_at", "id"),
        Index("ix_certificates_status", "tenant_id", "status", "created_at", "id"),
        Index("ix_certificates_course", "tenant_id", "course_id", "created_at", "id"),
        Index("ix_certificates_expires", "tenant_id", "expires_on", "id"),
        Index("ix_certificates_holder", "tenant_id", "holder_last_name", "id"),
    )

    attendee_id: Mapped[UUID]
    schedule_id: Mapped[UUID]
    course_id: Mapped[UUID]
    booking_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    number: Mapped[str] = mapped_column(String(40))
    # 128 random bits as 22 characters of base64url: whoever has them may ask whether it is valid.
    code: Mapped[str] = mapped_column(String(22))
    status: Mapped[str] = mapped_column(String(20), default="valid", server_default="valid")
    holder_first_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    holder_last_name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    course_title: Mapped[str] = mapped_column(String(200))
    outcomes: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    instructors: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    # The first and the last day by the date's own calendar.
    taught_from: Mapped[date]
    taught_until: Mapped[date]
    issued_on: Mapped[date]
    # The last day on which it is valid; empty: without end.
    expires_on: Mapped[date | None]
    wording: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    replaces_id: Mapped[UUID | None]
    status_reason: Mapped[str | None] = mapped_column(String(500))
    ended_at: Mapped[datetime | None]
    # The register was corrected after it was issued: somebody has to say whether it stands.
    needs_review: Mapped[bool] = mapped_column(default=False, server_default="false")
    making: Mapped[str] = mapped_column(String(10), default="waiting", server_default="waiting")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(String(500))

    attendee = to_one("Attendee", "Certificate.attendee_id == Attendee.id")
    schedule = to_one("Schedule", "Certificate.schedule_id == Schedule.id")
    course = to_one("Course", "Certificate.course_id == Course.id")
    booking = to_one("Booking", "Certificate.booking_id == Booking.id")
    user = to_one("User", "Certificate.user_id == User.id")
    run = to_one("CertificateRun", "Certificate.run_id == CertificateRun.id")
    replaces = to_one("Certificate", "Certificate.replaces_id == remote(Certificate.id)")

    @property
    def holder(self) -> str:
        return f"{self.holder_first_name} {self.holder_last_name}".strip()

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over, by the tenant's calendar."""
        return self.expires_on is not None and self.expires_on < today

    def __str__(self) -> str:
        return self.number


class CertificateFile(TenantOwned, Model):
    """The paper as it was made, for good; its digest says whether these are the same bytes."""

    __tablename__ = "certificate_files"
    __table_args__ = (
        tenant_key(),
        same_tenant_key("certificate_id", "certificates"),
        CheckConstraint("sha256 = encode(sha256(content), 'hex')", name="digest"),
        Index("uq_certificate_files_certificate", "tenant_id", "certificate_id", unique=True),
    )

    certificate_id: Mapped[UUID]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))

    certificate = to_one("Certificate", "CertificateFile.certificate_id == Certificate.id")
