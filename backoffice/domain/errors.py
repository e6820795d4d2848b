"""The refusals that people are shown, and the one table from database constraints to sentences."""

from __future__ import annotations

from collections.abc import Mapping

_STATUS_MOVED = (
    "The status has changed meanwhile, so this step is no longer possible. Reload the page and look again."
)


class DomainError(Exception):
    """A refusal with a stable code for programs and a sentence for people; `status` is the HTTP answer."""

    def __init__(self, code: str, message: str, *, field: str | None = None, status: int = 409) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status


class Invalid(DomainError):
    """What was entered cannot be used (422). `.fields` maps each field to its sentence."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, message, field=field, status=422)
        self.fields: dict[str, str] = dict(fields or ({field: message} if field else {}))

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Invalid:
        """One error for several fields at once; raises ValueError when there is none."""
        if not fields:
            raise ValueError("an Invalid needs at least one field")
        first, sentence = next(iter(fields.items()))
        message = sentence if len(fields) == 1 else f"{len(fields)} fields need another look."
        return cls("invalid", message, field=first, fields=fields)


class Refused(DomainError):
    """A rule of the house stands against it (409)."""

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(code, message, field=field, status=409)


class Forbidden(DomainError):
    """The actor has no right to do this (403)."""

    def __init__(self, message: str = "Your role does not allow this. Ask an administrator.") -> None:
        super().__init__("forbidden", message, status=403)


class NotFound(DomainError):
    """There is no such record, or it is not the asker's to see (404; the two must look the same)."""

    def __init__(self, message: str = "This record does not exist.") -> None:
        super().__init__("not_found", message, status=404)


class Changed(DomainError):
    """Somebody else saved the record first (409); the newer version must not be lost."""

    def __init__(
        self,
        message: str = "Somebody else changed this meanwhile. Reload the page, then make your change again.",
    ) -> None:
        super().__init__("changed", message, status=409)


# constraint name -> (code, sentence, field of the form or None)
CONSTRAINTS: dict[str, tuple[str, str, str | None]] = {
    "ck_schedules_seats_within_capacity": (
        "fully_booked",
        "This date is fully booked: choose another date or book fewer places.",
        "seats",
    ),
    "ck_schedules_capacity_positive": ("capacity", "The capacity must be at least 1.", "capacity"),
    "ck_schedules_end_after_start": ("end_before_start", "The end must be after the start.", "ends_at"),
    "ck_schedules_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_bookings_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_payments_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_refunds_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_messages_status_transition": ("status_move", _STATUS_MOVED, None),
    "ck_certificates_status_transition": ("status_move", _STATUS_MOVED, None),
    "ex_schedule_days_venue": (
        "venue_busy",
        "The venue is taken at this time: choose another venue or another time.",
        "venue_id",
    ),
    "ex_schedule_day_instructors_instructor": (
        "instructor_busy",
        "The instructor is teaching at this time: choose another instructor or another time.",
        "instructor_id",
    ),
    "uq_users_email": (
        "email_taken",
        "There is already a record with this e-mail address: use that one.",
        "email",
    ),
    "uq_bookings_reference": ("reference_taken", "This booking reference is already in use.", "reference"),
    "uq_bookings_idempotency_key": (
        "already_sent",
        "This booking was already sent: it was not made twice.",
        None,
    ),
    "uq_attendees_person_schedule": (
        "already_booked",
        "This person already has a place on this date.",
        "attendees",
    ),
    "uq_discount_codes_code": ("code_taken", "There is already a discount code of this name.", "code"),
    "ck_discount_codes_within_limit": (
        "code_used_up",
        "This discount code has been used up: book without it or use another.",
        "discount_code",
    ),
    "ck_payments_allocated_within_amount": (
        "over_allocated",
        "The parts are more than the payment: lower the amounts.",
        "amount",
    ),
    "ck_payments_refunded_within_amount": (
        "over_refunded",
        "This is more than is left of the payment: lower the refund.",
        "amount",
    ),
    "uq_courses_slug": ("slug_taken", "Another course has this short name: choose another.", "slug"),
    "uq_venues_slug": ("slug_taken", "Another venue has this short name: choose another.", "slug"),
    "uq_companies_name": ("company_taken", "There is already a company of this name: use that one.", "name"),
}

_DUPLICATE = "There is already a record like this: use that one, or change what you entered."
_UNKNOWN = "This could not be saved because it does not fit the other records. Reload the page and check what you entered."


def sentence_for_foreign_key() -> str:
    """What to say when a row that others point to was to be removed."""
    return "This record is in use and cannot be removed"


def from_constraint(name: str) -> DomainError:
    """The refusal for a violated database constraint; an unknown name gives a general sentence, never SQL."""
    if name in CONSTRAINTS:
        code, sentence, field = CONSTRAINTS[name]
        return Refused(code, sentence, field=field)
    if name.startswith("fk_"):
        return Refused("in_use", sentence_for_foreign_key())
    if name.startswith("uq_"):
        return Refused("duplicate", _DUPLICATE)
    return Refused("not_saved", _UNKNOWN)
